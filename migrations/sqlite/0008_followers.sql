-- A ticket that is answered in the chat of a service account: what WeChat's QR code says, and who scanned it, when by
-- WeChat's clock. Nobody else can answer it then.
ALTER TABLE relay_tickets ADD COLUMN code_address   TEXT;
ALTER TABLE relay_tickets ADD COLUMN scanned_app    TEXT;
ALTER TABLE relay_tickets ADD COLUMN scanned_openid TEXT;
ALTER TABLE relay_tickets ADD COLUMN scanned_at     INTEGER;
-- Which desktop a message in the chat is meant for.
CREATE INDEX relay_tickets_by_follower ON relay_tickets (scanned_openid) WHERE scanned_openid IS NOT NULL;
