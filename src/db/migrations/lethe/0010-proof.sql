-- Proof that somebody reads the mail of a ticket's customer: lets them follow that ticket for a quarter of an hour. The row is
-- there whether the ticket is or not, so that asking for one takes the same either way.
create table lethe.ticket_proof (
  id text primary key,
  -- null: no such ticket, or not that address
  ticket text,
  -- SHA-256 of 32 random bytes; the token itself is with its reader alone
  token_hash text not null,
  made_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > made_at),
  -- wrong tokens that may still be shown for the ticket
  attempts_left int not null check (attempts_left >= 0)
);
create index on lethe.ticket_proof (ticket, expires_at) where ticket is not null;
