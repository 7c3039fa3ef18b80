-- One consent of a person to one purpose, from its request or giving to its end: what ISO/IEC TS 27560 calls a record. A giving
-- after an end is another one. It goes as a whole: were its last event to go first, a withdrawn giving would be left behind.
create table lethe.consent (
  id uuid primary key,
  subject_id text not null references lethe.subject,
  purpose text not null,
  started_at timestamptz not null
);
create index on lethe.consent (subject_id, purpose);

-- What happened to it, in the order of `number`: of one person and purpose, the times follow the same order. States are terms of
-- the W3C Data Privacy Vocabulary. Append-only; no free text of a person is in it.
create table lethe.consent_event (
  number bigint generated always as identity primary key,
  id uuid not null unique,
  consent_id uuid not null references lethe.consent,
  at timestamptz not null,
  state text not null check (state in (
    'dpv:ConsentRequested', 'dpv:ConsentRequestDeferred', 'dpv:ConsentGiven', 'dpv:RenewedConsentGiven', 'dpv:ConsentRefused',
    'dpv:ConsentWithdrawn', 'dpv:ConsentRevoked', 'dpv:ConsentExpired', 'dpv:ConsentInvalidated', 'dpv:ConsentUnknown')),
  -- good while the instant is before it
  valid_until timestamptz,
  activity text not null,
  -- the consent policy that asked, and the digest of its version; null: from before Lethe, nobody knows
  policy text,
  version text,
  -- what was shown
  wording text,
  notice text check (notice ~ '^[0-9a-f]{64}$'),
  language text,
  method text,
  channel text,
  explicit boolean not null,
  by_party text not null check (by_party in ('subject', 'parent', 'controller', 'authority')),
  -- of a holder of parental authority: who they are to the child, and how that was verified (GDPR Art. 8(2))
  relation text,
  verified_by text,
  age text not null check (age in ('adult', 'child', 'unknown')),
  -- names what proves it, such as message/88
  evidence text,
  actor text not null references lethe.actor,
  check ((state in ('dpv:ConsentGiven', 'dpv:RenewedConsentGiven')) = (valid_until is not null)),
  check ((by_party = 'parent') = (relation is not null) and (relation is null) = (verified_by is null))
);
create index on lethe.consent_event (consent_id, number);

create trigger append_only before update or truncate on lethe.consent
  for each statement execute function lethe.stays_as_written();
create trigger append_only before update or truncate on lethe.consent_event
  for each statement execute function lethe.stays_as_written();
