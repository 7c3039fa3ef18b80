-- What is written stays: rows go only by a disposal, under a retention rule like all others.
create function lethe.stays_as_written() returns trigger language plpgsql as $$
begin
  raise exception '% on lethe.% is refused: what it says stays as it was written', tg_op, tg_table_name using errcode = '42501';
end $$;

-- Who looked at or changed what, for which purpose, and what was decided. For security, breaches and subject requests.
create table lethe.access_log (
  -- Order of writing; a transaction that commits late leaves a gap in the meantime.
  place bigint generated always as identity primary key,
  -- 128 random bits: a root published over rows that could be guessed gives none of them away.
  salt bytea not null check (octet_length(salt) = 16),
  at timestamptz not null,
  -- agent/7, customer/12, service/mail
  actor text not null,
  record text not null,
  -- null: no single record
  key text,
  deed text not null,
  purpose text,
  decision text not null check (decision in ('allow', 'masked', 'deny')),
  -- digests of the policy versions that decided
  policies text[] not null,
  -- a stable word, or the break-glass grant
  reason text
);
create index on lethe.access_log (record, key, at);
create index on lethe.access_log (at);
create index on lethe.access_log (actor, at);
create trigger append_only before update or truncate on lethe.access_log
  for each statement execute function lethe.stays_as_written();

-- Merkle roots over the log; the ledger entry holds the root, this the places it is over.
create table lethe.access_root (
  entry_id text primary key,
  number bigint generated always as identity unique,
  members int8multirange not null,
  -- The last place looked at, by this root or one before.
  up_to bigint not null,
  -- Places up to there where no row had been seen, to be looked at again: a transaction may still commit them.
  gaps int8multirange not null,
  -- Every transaction that may still fill one of these gaps is older: once they have all ended, what is empty stays so.
  horizon xid8 not null,
  rows int not null check (rows > 0),
  made_at timestamptz not null
);
create trigger append_only before update or delete or truncate on lethe.access_root
  for each statement execute function lethe.stays_as_written();

-- Why employees' reading may be recorded: an agreement with the works council, or that there is none. At most one in force.
create table lethe.access_agreement (
  id text primary key,
  agreement text,
  no_works_council text,
  recorded_by text not null references lethe.actor,
  recorded_at timestamptz not null,
  withdrawn_by text references lethe.actor,
  withdrawn_at timestamptz,
  check ((agreement is null) <> (no_works_council is null)),
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
create unique index access_agreement_in_force on lethe.access_agreement ((true)) where withdrawn_at is null;

-- What lets two people see in the log who it was: about one record or one actor, within one period, until it ends.
create table lethe.access_case (
  id text primary key,
  kind text not null check (kind in ('security', 'breach', 'subject-request')),
  reason text not null,
  record text,
  key text,
  actor text,
  -- the period of the log it is about
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  opened_by text not null references lethe.actor,
  opened_roles text[] not null,
  opened_at timestamptz not null,
  confirmed_by text references lethe.actor,
  confirmed_at timestamptz,
  ends_at timestamptz not null check (ends_at > opened_at),
  closed_by text references lethe.actor,
  closed_at timestamptz,
  check ((record is null) = (key is null)),
  check ((record is null) <> (actor is null)),
  check (confirmed_by <> opened_by),
  check ((confirmed_by is null) = (confirmed_at is null)),
  check ((closed_by is null) = (closed_at is null))
);

-- Access outside the policies that permit it every day: with a reason, for a few hours, looked at by somebody else afterwards.
create table lethe.break_glass (
  id text primary key,
  actor text not null,
  record text not null,
  -- null: every record of that kind
  key text,
  purpose text not null,
  reason text not null,
  -- the policy version that let them
  policy text not null,
  granted_at timestamptz not null,
  until timestamptz not null check (until > granted_at),
  ended_at timestamptz,
  reviewed_by text references lethe.actor,
  reviewed_at timestamptz,
  finding text,
  check ((reviewed_by is null) = (reviewed_at is null)),
  check ((finding is null) = (reviewed_at is null))
);
create index on lethe.break_glass (actor, record) where ended_at is null;
create index on lethe.break_glass (granted_at) where reviewed_at is null;

-- Which training somebody had: policies that ask for it permit nothing from the day it expires.
create table lethe.training (
  id text primary key,
  actor text not null,
  content text not null,
  version text not null,
  done_on date not null,
  expires_on date not null check (expires_on > done_on),
  recorded_by text not null references lethe.actor,
  recorded_at timestamptz not null,
  revoked_by text references lethe.actor,
  revoked_at timestamptz,
  check ((revoked_by is null) = (revoked_at is null))
);
create index on lethe.training (actor, content, version);

-- Records whose free text carries special categories: shown only where a policy has a ground for these.
create table lethe.sensitive (
  id text primary key,
  record text not null,
  key text not null,
  flagged_by text not null references lethe.actor,
  flagged_at timestamptz not null,
  lifted_by text references lethe.actor,
  lifted_at timestamptz,
  check ((lifted_by is null) = (lifted_at is null))
);
create unique index sensitive_now on lethe.sensitive (record, key) where lifted_at is null;

-- Records with something in them that should not be there: shown to nobody, whatever a policy says, until they are released
-- or disposed of.
create table lethe.quarantine (
  id text primary key,
  record text not null,
  key text not null,
  -- what should not be there, in a word: card, passport
  kind text not null,
  quarantined_by text not null references lethe.actor,
  quarantined_at timestamptz not null,
  released_by text references lethe.actor,
  released_at timestamptz,
  check ((released_by is null) = (released_at is null))
);
create unique index quarantine_now on lethe.quarantine (record, key) where released_at is null;
