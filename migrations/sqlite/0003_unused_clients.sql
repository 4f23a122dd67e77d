-- A client that registered itself unasked goes again when it has signed nobody in until then; null for every other one.
ALTER TABLE clients ADD COLUMN unused_until INTEGER;

-- Never written: the key of a pushed request stands among its parameters, and a device proves its key when it redeems.
ALTER TABLE pushed_requests DROP COLUMN dpop_jkt;
ALTER TABLE devices DROP COLUMN dpop_jkt;
