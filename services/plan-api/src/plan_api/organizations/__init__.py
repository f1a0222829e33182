"""Units, their codes and lines, their seats and holders; files of them."""
