"""E-mail as a channel: one recipient per message, the dialogue step by step so that every failure is known by phase."""

from aiosmtplib.errors import SMTPServerDisconnected
from cascade_contracts.vocabulary import Channel as ChannelName

from notifier.channels.base import Commit, FinishedMessage, SendResult, SendState
from notifier.channels.email.bounces import Signer, bounce_address
from notifier.channels.email.connections import FAILURES, ConnectionPool, Crowded, Dialogue, Relay
from notifier.channels.email.incoming import reply_address
from notifier.channels.email.message import Sender, compose, is_mailbox
from notifier.channels.email.outcomes import Phase, judge_error, judge_reply


class _Broken(Exception):
    """A dialogue ended; carries what that means and whether nothing had been said yet on a reused connection."""

    def __init__(self, result: SendResult, *, stale: bool = False) -> None:
        super().__init__(result.detail)
        self.result = result
        self.stale = stale


class EmailChannel:
    """Sends through one relay; safe for concurrent use within one event loop."""

    name = ChannelName.EMAIL

    def __init__(self, relay: Relay, sender: Sender, signer: Signer) -> None:
        self._timeout = relay.timeout
        self._pool = ConnectionPool(relay)
        self._sender = sender
        self._signer = signer

    def accepts(self, address: str) -> bool:
        """Return whether `address` is one plain mailbox."""
        return is_mailbox(address)

    async def close(self) -> None:
        """Close idle connections."""
        await self._pool.close()

    async def send(self, message: FinishedMessage, commit: Commit) -> SendResult:
        """Hand one message to the relay; a reused connection found closed is replaced once."""
        try:
            content = compose(self._sender, message, self._reply_to(message))
        except ValueError as error:
            return SendResult(SendState.FAILED, f"compose: {error}")
        fresh = False
        while True:
            async with self._pool.slot():
                try:
                    return await self._attempt(message, content, commit, fresh=fresh)
                except _Broken as broken:
                    if not broken.stale:
                        return broken.result
                    fresh = True
                except Crowded:
                    fresh = False

    def _reply_to(self, message: FinishedMessage) -> str:
        if not message.replyable or not self._sender.reply_domain:
            return ""
        return reply_address(self._signer, message.delivery_id, self._sender.reply_domain)

    async def _attempt(self, message: FinishedMessage, content: bytes, commit: Commit, *, fresh: bool) -> SendResult:
        try:
            dialogue = await self._pool.take(fresh=fresh)
        except FAILURES as error:
            raise _Broken(judge_error(Phase.CONNECT, error)) from error
        try:
            return await self._talk(dialogue, message, content, commit)
        finally:
            await self._pool.give_back(dialogue)

    async def _talk(self, dialogue: Dialogue, message: FinishedMessage, content: bytes, commit: Commit) -> SendResult:
        envelope = ""  # an automatic answer is answered by nobody, not even by a bounce (RFC 3834 §3.3)
        if message.answers is None:
            envelope = bounce_address(self._signer, message.delivery_id, self._sender.bounce_domain)
        dialogue.clean = False
        await self._say(dialogue, Phase.MAIL, f"MAIL FROM:<{envelope}>")
        refusal = await self._say(dialogue, Phase.RCPT, f"RCPT TO:<{message.address}>")
        if refusal is None and not await commit():
            refusal = SendResult(SendState.LOST)
        if refusal is None:
            refusal = await self._say(dialogue, Phase.DATA, "DATA", expected=354)
        if refusal is not None:
            await self._start_over(dialogue)
            return refusal
        return await self._transmit(dialogue, content)

    async def _say(self, dialogue: Dialogue, phase: Phase, line: str, expected: int = 250) -> SendResult | None:
        """Send a command; return the meaning of a refusal, None when the relay agrees."""
        try:
            reply = await dialogue.smtp.execute_command(line.encode("ascii"), timeout=self._timeout)
        except FAILURES as error:
            dialogue.smtp.close()
            stale = phase is Phase.MAIL and not dialogue.fresh
            raise _Broken(judge_error(phase, error), stale=stale) from error
        if reply.code == expected or (phase is Phase.RCPT and reply.code == 251):
            return None
        result = judge_reply(phase, reply.code, reply.message)
        if phase is Phase.MAIL:
            dialogue.smtp.close()
            raise _Broken(result, stale=reply.code == 421 and not dialogue.fresh)
        return result

    async def _transmit(self, dialogue: Dialogue, content: bytes) -> SendResult:
        protocol = dialogue.smtp.protocol
        if protocol is None or not protocol.is_connected:
            return judge_error(Phase.DATA, SMTPServerDisconnected("connection lost before the content"))
        try:
            protocol.write(content + b".\r\n")
            reply = await protocol.read_response(timeout=self._timeout)
        except FAILURES as error:
            dialogue.smtp.close()
            return judge_error(Phase.CONTENT, error)
        dialogue.messages += 1
        dialogue.clean = reply.code != 421
        if reply.code == 250:
            return SendResult(SendState.ACCEPTED)
        return judge_reply(Phase.CONTENT, reply.code, reply.message)

    async def _start_over(self, dialogue: Dialogue) -> None:
        """Take back MAIL and RCPT so that the connection serves the next message."""
        try:
            reply = await dialogue.smtp.execute_command(b"RSET", timeout=self._timeout)
            dialogue.clean = reply.code == 250
        except FAILURES:
            dialogue.smtp.close()
