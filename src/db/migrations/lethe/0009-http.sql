-- Who may call the HTTP routes: of each bearer token the hash (SHA-256 of 256 random bits), never the secret.
create table lethe.token (
  id text primary key,
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  -- the record of the ticket system that calls: agent/7, customer/12; a program: service/portal
  actor text not null,
  -- roles of the ticket system: access policies name them
  roles text[] not null,
  purposes text[] not null check (cardinality(purposes) > 0),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null,
  created_by text not null references lethe.actor,
  expires_at timestamptz not null check (expires_at > created_at),
  revoked_at timestamptz,
  revoked_by text references lethe.actor,
  -- A day, not an instant: it serves to find tokens nobody needs, and must not tell when somebody works.
  last_used_on date,
  check ((revoked_at is null) = (revoked_by is null))
);
