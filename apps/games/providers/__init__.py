"""One file for each vendor's wire: translate, sign, time out. No decision and no transaction is made here."""
