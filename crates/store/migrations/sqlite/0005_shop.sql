-- Whether the shop knows a client's e-mail address, as the sheet's column I says; null: not said.

ALTER TABLE client ADD COLUMN in_shop INTEGER CHECK (in_shop IN (0, 1));
