"""The texts of the pages by name: (Vietnamese, English). Only data; `words` fills them."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # the frame
    "product": ("Thông Suốt", "Thông Suốt"),
    "switch": ("English", "Tiếng Việt"),
    "back": ("Quay lại", "Back"),
    "rehearsal": ("Diễn tập: không phải việc thật.", "Rehearsal: this is not a real duty."),
    "nothing_sent": (
        "Mở trang này chưa gửi gì. Hệ thống chỉ ghi nhận khi có người bấm nút.",
        "Opening this page sends nothing. Only pressing a button is recorded.",
    ),
    "acting_as": ("Gửi với tư cách: {seat}.", "Sent as: {seat}."),
    "receipt_follows": ("Sau khi gửi sẽ có biên nhận với giờ nhận.", "A receipt with the time follows."),
    # how it stands
    "days_left": ("Còn {n} ngày làm việc", "{n} working days left"),
    "day_left": ("Còn 1 ngày làm việc", "1 working day left"),
    "due_today": ("Đến hạn hôm nay", "Due today"),
    "due_soon": ("Sắp đến hạn", "Due soon"),
    "not_due": ("Chưa đến hạn", "Not due"),
    "days_late": ("Quá hạn {n} ngày làm việc", "{n} working days overdue"),
    "day_late": ("Quá hạn 1 ngày làm việc", "1 working day overdue"),
    "overdue": ("Quá hạn", "Overdue"),
    "submitted": ("Chờ duyệt", "Awaiting review"),
    "returned": ("Trả lại", "Returned"),
    "on_time": ("Hoàn thành đúng hạn", "Done on time"),
    "late": ("Hoàn thành quá hạn", "Done late"),
    "done": ("Hoàn thành", "Done"),
    "no_deadline": ("Không có hạn", "No deadline"),
    "waived": ("Đã miễn", "Waived"),
    "declined": ("Đã từ chối đề nghị", "Declined"),
    "withdrawn": ("Đã thu hồi", "Recalled"),
    "transferred": ("Đã chuyển đơn vị kế thừa", "Transferred"),
    "not_applicable": ("Không áp dụng", "Not applicable"),
    # by when
    "due_day": ("Hạn: hết {day}", "Due: by the end of {day}"),
    "due_instant": ("Hạn: trước {time} {day}", "Due: before {time} on {day}"),
    "due_none": ("Không quy định thời hạn", "No due time is set"),
    "why": ("Vì sao?", "Why?"),
    "was_due": (
        "Đã gia hạn; hạn ban đầu: hết ngày {day}.",
        "Extended; the original due day was {day}.",
    ),
    "closed": (
        "Đợt này đã chốt số liệu lúc {at}. Bản nộp vẫn được ghi nhận với giờ nhận.",
        "This round was closed at {at}. What is handed in is still recorded with its time.",
    ),
    "suspended": (
        "Văn bản đang tạm dừng từ {at}: {reason}. Trong thời gian này không đôn đốc; bản nộp vẫn được nhận.",
        "The document is suspended since {at}: {reason}. Nobody is chased meanwhile; hand-ins are still taken.",
    ),
    # recalled
    "recalled_title": ("Văn bản đã thu hồi", "The document was recalled"),
    "recalled": (
        "Văn bản đã được thu hồi lúc {at}. Đơn vị không phải nộp nữa, các lần đôn đốc đã dừng.",
        "The document was recalled at {at}. Nothing is owed any more and nobody is chased.",
    ),
    "recall_reason": ("Lý do: {reason}", "Reason: {reason}"),
    # sent back
    "returned_title": ("Trả lại, kính đề nghị bổ sung", "Returned, please complete it"),
    "returned_title_wrong": ("Trả lại, kính đề nghị làm lại", "Returned, please redo it"),
    "returned_why": ("Lý do: {reason}", "Reason: {reason}"),
    "kept_until": (
        "Nộp lại chậm nhất hết {day} thì vẫn tính giờ nộp ban đầu.",
        "Handed in again by the end of {day}, it keeps its first hand-in time.",
    ),
    # acts
    "acknowledge": ("Đã nhận", "Received"),
    "acknowledged": ("Đã nhận văn bản, xác nhận lúc {at}", "Receipt was acknowledged at {at}"),
    "hand_in_report": ("Nộp báo cáo", "Submit report"),
    "hand_in_plan": ("Nộp kế hoạch", "Submit plan"),
    "hand_in_task": ("Nộp kết quả", "Submit result"),
    "again_report": ("Nộp lại báo cáo", "Submit report again"),
    "again_plan": ("Nộp lại kế hoạch", "Submit plan again"),
    "again_task": ("Nộp lại kết quả", "Submit result again"),
    "another": ("Nộp bản khác thay thế", "Submit another version"),
    "nil": ("Không phát sinh", "Nothing to report"),
    "ask_extension": ("Xin gia hạn", "Ask for more time"),
    # facts
    "to_send": ("Cần gửi", "To send"),
    "send_acknowledge": ("Xác nhận đã nhận văn bản.", "Acknowledgement of receipt."),
    "send_report": ("Báo cáo; có thể gửi tệp hoặc ảnh chụp bản giấy.", "A report: a file or a photo of the paper."),
    "send_report_signed": (
        "Báo cáo và bản đã ký (PDF hoặc ảnh chụp bản giấy).",
        "A report with its signed copy (PDF or a photo of the paper).",
    ),
    "send_plan": ("Kế hoạch; có thể gửi tệp hoặc ảnh chụp bản giấy.", "A plan: a file or a photo of the paper."),
    "send_plan_signed": (
        "Kế hoạch và bản đã ký (PDF hoặc ảnh chụp bản giấy).",
        "A plan with its signed copy (PDF or a photo of the paper).",
    ),
    "send_task": ("Kết quả thực hiện; có thể gửi kèm tệp.", "The result; files may be attached."),
    "send_task_signed": (
        "Kết quả thực hiện và bản đã ký (PDF hoặc ảnh chụp bản giấy).",
        "The result with its signed copy (PDF or a photo of the paper).",
    ),
    "period": ("Kỳ", "Period"),
    "issuer": ("Giao bởi", "Issued by"),
    "document": ("Văn bản", "Document"),
    "dated": ("{reference} ngày {day}", "{reference} of {day}"),
    "basis": ("Căn cứ", "Basis"),
    "funding": ("Kinh phí", "Funding"),
    "ask_whom": ("Hỏi ai", "Contact"),
    "next": ("Tiếp theo", "Next"),
    "next_contact": (
        "Nếu đến {at} chưa nhận được, hệ thống nhắc lại đơn vị.",
        "If nothing has come by {at}, your unit is reminded again.",
    ),
    "next_head": (
        "Nếu đến {at} chưa nhận được, thông báo gửi tới lãnh đạo đơn vị.",
        "If nothing has come by {at}, the head of your unit is told.",
    ),
    "next_superior": (
        "Nếu đến {at} chưa nhận được, thông báo gửi tới cấp trên trực tiếp.",
        "If nothing has come by {at}, your direct superior is told.",
    ),
    "next_issuer": (
        "Nếu đến {at} chưa nhận được, thông báo gửi tới {issuer}.",
        "If nothing has come by {at}, {issuer} is told.",
    ),
    "next_nothing": ("Không còn lần nhắc nào được đặt lịch.", "No further reminder is scheduled."),
    "next_suspended": ("Đôn đốc đang tạm dừng.", "Chasing is suspended."),
    "next_review": (
        "{unit} xem xét bản nộp; nếu đến {at} chưa xem xét, hệ thống nhắc {unit}. "
        "Nếu bị trả lại, đơn vị được báo ngay.",
        "{unit} reviews it; if not by {at}, {unit} is reminded. If it is returned, you are told at once.",
    ),
    "next_review_only": (
        "{unit} xem xét bản nộp. Nếu bị trả lại, đơn vị được báo ngay.",
        "{unit} reviews it. If it is returned, you are told at once.",
    ),
    "next_done": ("Không còn việc phải làm, việc đôn đốc đã dừng.", "Nothing is left to do; chasing has stopped."),
    # the request for more time
    "extension_open": (
        "Đã xin gia hạn đến hết {day}, gửi lúc {at}. Chờ {unit} quyết định; hạn hiện tại vẫn giữ nguyên.",
        "More time was asked for until the end of {day}, at {at}. {unit} decides; the due time stands meanwhile.",
    ),
    "extension_approved": ("Đã được gia hạn đến hết {day}.", "More time was granted until the end of {day}."),
    "extension_refused": (
        "Đề nghị gia hạn đến hết {day} không được chấp thuận, hạn giữ nguyên. {reason}",
        "More time until the end of {day} was not granted, the due time stands. {reason}",
    ),
    "extension_title": ("Xin gia hạn", "Ask for more time"),
    "extension_new": ("Ngày mới đề nghị", "New date asked for"),
    "extension_new_hint": ("Sau ngày {day}", "Later than {day}"),
    "extension_reason": ("Lý do", "Reason"),
    "extension_reason_hint": ("{unit} đọc lý do này khi quyết định.", "{unit} reads this when deciding."),
    "extension_stands": (
        "Hạn hiện tại (hết {day}) vẫn giữ nguyên cho đến khi {unit} quyết định.",
        "The present due day ({day}) stands until {unit} decides.",
    ),
    "extension_send": ("Gửi đề nghị", "Send request"),
    # handing in
    "as_well_signed": ("Đợt này yêu cầu bản đã ký.", "This round asks for a signed copy."),
    "files": ("Tệp hoặc ảnh chụp", "Files or photos"),
    "files_hint": (
        "PDF, ảnh JPEG hoặc PNG, DOCX, XLSX, ZIP. Chọn được nhiều tệp, tổng cộng tối đa {size} MB.",
        "PDF, JPEG or PNG, DOCX, XLSX, ZIP. Several may be chosen, {size} MB in all.",
    ),
    "entered_for": (
        "Báo cáo này do {typed_by} nhập thay theo lời {said_by}. Kính đề nghị đơn vị xem và xác nhận.",
        "{typed_by} entered this report as told by {said_by}. Please look at it and confirm.",
    ),
    "confirm": ("Xác nhận đúng như đã báo", "Confirm: as we reported"),
    "marked": ("{field}: {note}", "{field}: {note}"),
    "signed": ("Tệp gửi kèm là bản đã ký", "The attached file is the signed copy"),
    "signed_hint": ("Áp dụng cho tệp PDF và ảnh chụp.", "Counts for PDF files and photos."),
    "text": ("Nội dung hoặc ghi chú", "Text or note"),
    "identity": ("Số, ký hiệu, ngày", "Number, notation, date"),
    "optional": ("(không bắt buộc)", "(optional)"),
    "number": ("Số", "Number"),
    "notation": ("Ký hiệu", "Notation"),
    "dated_on": ("Ngày", "Date"),
    "send_hand_in": ("Gửi đi", "Send"),
    "back_unsent": ("Quay lại, chưa gửi gì", "Back without sending"),
    "replaces": (
        "Bản này thay thế bản đã nộp lúc {at}.",
        "This version replaces the one handed in at {at}.",
    ),
    # nothing to report
    "nil_title": ("Xác nhận không phát sinh trong kỳ báo cáo", "Confirm that there is nothing to report"),
    "nil_statement": (
        "không có nội dung phát sinh phải báo cáo cho",
        "has nothing to report for",
    ),
    "nil_counts": (
        "Được ghi nhận là báo cáo của đơn vị, không kèm số liệu, với giờ nhận.",
        "It is recorded as your unit's report, without figures, with its time.",
    ),
    "nil_reviewed": (
        "{unit} nhận ngay và xem xét như một báo cáo.",
        "{unit} gets it at once and reviews it like a report.",
    ),
    "nil_final": (
        "Nghĩa vụ hoàn thành ngay; sau đó muốn thay bằng báo cáo có số liệu, đơn vị liên hệ {unit}.",
        "The duty is fulfilled at once; to replace it by a report with figures later, contact {unit}.",
    ),
    "nil_stops": ("Việc đôn đốc đơn vị dừng lại.", "Your unit is no longer chased."),
    "nil_replaced": (
        "Nếu có thay đổi, đơn vị nộp báo cáo khác thay thế, chậm nhất hết {day}.",
        "If things change, submit another report instead, by the end of {day}.",
    ),
    "nil_replaced_late": (
        "Nếu có thay đổi, đơn vị nộp báo cáo khác thay thế trước khi được duyệt.",
        "If things change, submit another report before this one is accepted.",
    ),
    "note": ("Ghi chú", "Note"),
    "nil_send": ("Gửi xác nhận", "Confirm"),
    "nil_back": ("Quay lại, nộp báo cáo có số liệu", "Back, submit a report with figures"),
    # the receipt
    "receipt": ("Biên nhận", "Receipt"),
    "received_at": ("Giờ nhận", "Received"),
    "received_how": ("Cách nộp", "How"),
    "received_by_mail": ("Nhận qua thư điện tử", "Received by e-mail"),
    "received_what": ("Đã nhận", "What came"),
    "kind_report": ("Báo cáo", "Report"),
    "kind_plan": ("Kế hoạch", "Plan"),
    "kind_nil": ("Xác nhận không phát sinh", "Nothing to report"),
    "kind_acknowledgement": ("Xác nhận đã nhận văn bản", "Acknowledgement of receipt"),
    "version": ("bản thứ {n}", "version {n}"),
    "in_time": ("Trong hạn", "In time"),
    "after_due": ("Sau hạn", "After the due time"),
    "signed_copy": ("bản đã ký", "signed copy"),
    "earlier": ("Các bản nộp trước", "Earlier versions"),
    "replaced": ("đã thay thế", "replaced"),
    "was_returned": ("đã trả lại", "returned"),
    "keep_receipt": (
        "Mở lại liên kết này bất cứ lúc nào để xem biên nhận.",
        "Open this link again at any time to see the receipt.",
    ),
    # a round that is watched
    "watch_all_in": ("Cả {total} đơn vị đã nộp", "All {total} units have handed in"),
    "watch_late": ("{n} trên {total} đơn vị quá hạn", "{n} of {total} units are overdue"),
    "watch_none_late": ("Chưa có đơn vị nào quá hạn", "No unit is overdue"),
    "watch_nothing": ("Không có đơn vị nào phải nộp trong đợt này", "No unit owes anything in this round"),
    "watch_handed_in": ("{n} trên {total} đơn vị đã nộp.", "{n} of {total} units have handed in."),
    "watch_aside": ("{n} đơn vị không áp dụng, không tính vào tổng số.", "{n} units do not count."),
    "watch_one_aside": ("1 đơn vị không áp dụng, không tính vào tổng số.", "1 unit does not count."),
    "watch_more": ("và {n} đơn vị khác", "and {n} more units"),
    "watch_bar": ("Tình hình nộp: {figures}", "How the units stand: {figures}"),
    "watch_as_of": ("Số liệu lúc {at}.", "As of {at}."),
    "watch_view": (
        "Trang này chỉ để xem. Đơn vị nộp qua liên kết đã gửi riêng cho từng đơn vị.",
        "This page is for reading. Each unit hands in by the link sent to it.",
    ),
    "part_on_time": ("Hoàn thành đúng hạn", "Done on time"),
    "part_late": ("Hoàn thành quá hạn", "Done late"),
    "part_submitted": ("Chờ duyệt", "Awaiting review"),
    "part_returned": ("Trả lại", "Returned"),
    "part_overdue": ("Quá hạn", "Overdue"),
    "part_due_soon": ("Sắp đến hạn", "Due soon"),
    "part_not_due": ("Chưa đến hạn", "Not due"),
    "due_short": ("hạn {day}", "due {day}"),
    # what went wrong
    "open_page": ("Mở lại trang", "Open the page again"),
    "mend": ("Kính đề nghị bổ sung rồi gửi lại", "Please correct this and send again"),
    "files_again": ("Tệp đã chọn cần được chọn lại.", "Chosen files have to be chosen again."),
    # a report form
    "send_form": (
        "Biểu mẫu của đợt này, điền ngay trên trang hoặc bằng tệp Excel.",
        "The form of this round, filled in on the page or in a workbook.",
    ),
    "by_workbook": ("Điền bằng tệp Excel", "Fill in a workbook instead"),
    "by_workbook_how": (
        "Tải biểu mẫu về, điền rồi chọn tệp ở dưới và bấm Gửi đi; khi đó các ô trên trang được bỏ qua.",
        "Download it, fill it in, choose the file below and press Send; what stands on the page is then left aside.",
    ),
    "workbook": ("Tải biểu mẫu Excel", "Download the workbook"),
    "workbook_filled": ("Tệp Excel đã điền", "The filled workbook"),
    "choose": ("Chọn…", "Choose…"),
    "row": ("Dòng {n}", "Row {n}"),
    "files_kept": ("Đang có: {names}. Chọn tệp mới để thay.", "There already: {names}. Choose new files to replace."),
    "form_mistakes": (
        "Có {n} chỗ cần sửa; chưa có gì được gửi.",
        "{n} places need correction; nothing was sent.",
    ),
    "need_content": (
        "Chưa có tệp hoặc nội dung. Kính đề nghị chọn tệp hoặc ghi nội dung.",
        "There is neither a file nor a text. Choose a file or write a text.",
    ),
    "need_signed": (
        "Đợt này yêu cầu bản đã ký. Kính đề nghị chọn tệp PDF hoặc ảnh chụp bản đã ký và đánh dấu vào ô bản đã ký.",
        "This round asks for a signed copy. Choose a PDF or a photo of it and tick the box.",
    ),
    "need_date": (
        "Ngày chưa đúng. Kính đề nghị chọn một ngày có thật.",
        "This is no date. Choose a real one.",
    ),
    "need_later": (
        "Ngày mới phải sau hạn hiện tại ({day}). Kính đề nghị chọn ngày khác.",
        "The new date must be later than the present due day ({day}). Choose another.",
    ),
    "extension_impossible": (
        "Chưa gia hạn được như đề nghị: hạn đã qua, không có hạn, hoặc ngày mới chưa hợp lệ. "
        "Kính đề nghị chọn ngày khác hoặc liên hệ cơ quan giao.",
        "This extension is not possible: the due time has passed, there is none, or the date does not fit. "
        "Choose another date or ask the issuing office.",
    ),
    "need_reason": ("Chưa ghi lý do. Kính đề nghị ghi lý do.", "The reason is missing. Please give one."),
    "too_long": (
        "«{field}» dài quá {limit} ký tự. Kính đề nghị rút ngắn hoặc gửi thành tệp.",
        "“{field}” is longer than {limit} characters. Shorten it or send it as a file.",
    ),
    "too_many_files": (
        "Nhiều hơn {limit} tệp. Kính đề nghị gộp lại thành một tệp ZIP.",
        "There are more than {limit} files. Put them into one ZIP file.",
    ),
    "changed": (
        "Tình trạng vừa thay đổi nên chưa ghi nhận được thao tác này. "
        "Kính đề nghị mở lại trang để xem tình trạng mới nhất.",
        "Things have just changed, so this was not recorded. Open the page again to see how they stand.",
    ),
    "sent_before": (
        "Biểu mẫu này đã được gửi trước đó với nội dung khác; bản gửi trước đã được ghi nhận. "
        "Muốn gửi bản khác, kính đề nghị mở lại trang.",
        "This form was sent before with other content, and that was recorded. "
        "To send another version, open the page again.",
    ),
    # hours
    "hours_title": ("Giờ và cách nhận thông báo", "When and how to be notified"),
    "hours_digest": ("Gộp thông báo thành một thư mỗi ngày làm việc", "One message a working day"),
    "hours_policy": ("Theo quy định chung", "As the policy says"),
    "hours_yes": ("Gộp thành một thư", "Yes, one message"),
    "hours_no": ("Gửi từng thư riêng", "No, each by itself"),
    "hours_digest_at": ("Giờ nhận thư tổng hợp", "Hour of the message"),
    "hours_quiet_from": ("Không gửi từ", "Nothing from"),
    "hours_quiet_until": ("đến", "until"),
    "hours_language": ("Ngôn ngữ của thông báo", "Language of messages"),
    "hours_keep": ("Lưu lựa chọn", "Keep"),
    "hours_unreadable": ("Kính đề nghị ghi giờ dạng GG:PP, ví dụ 08:30.", "Write hours as HH:MM, such as 08:30."),
    "hours_note": (
        "Việc đến hạn, quá hạn, bị trả lại luôn được gửi riêng, không chờ. Không thể tắt thông báo về nhiệm vụ.",
        "What falls due, is overdue or is returned always comes by itself. Notices of duty cannot be switched off.",
    ),
    # Zalo
    "zalo_title": ("Nhận thông báo qua Zalo", "Notices by Zalo"),
    "zalo_linked": ("Zalo đã được liên kết từ {at}.", "Zalo has been linked since {at}."),
    "zalo_send": (
        "Mở Zalo của Official Account dưới đây, bấm «Quan tâm» rồi gửi tin nhắn có mã này:",
        "Open the Official Account below in Zalo, follow it, and send it a message with this code:",
    ),
    "zalo_until": ("Mã dùng một lần, đến {at}.", "The code is good once, until {at}."),
    "zalo_open": ("Mở Official Account", "Open the Official Account"),
    "zalo_make": ("Lấy mã liên kết", "Get a code"),
    "zalo_again": ("Lấy mã khác", "Get another code"),
    "zalo_note": (
        "Việc liên kết là tự nguyện. Bỏ quan tâm Official Account thì liên kết chấm dứt, "
        "thông báo được gửi qua kênh khác.",
        "Linking is voluntary. Unfollowing the account ends it, and notices go by another channel.",
    ),
}
