-- A client that registered itself unasked goes again when it has signed nobody in until then; null for every other one.
ALTER TABLE clients ADD COLUMN unused_until BIGINT;
