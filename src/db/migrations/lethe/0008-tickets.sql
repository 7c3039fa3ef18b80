-- Rectification (GDPR Art. 16): that a person's datum was corrected, by whom and why. Neither value is here: the new one is
-- in the record, the old one nowhere; its salted digest can show that a given value is the one that was replaced, for as
-- long as the salt is there.
create table lethe.rectification (
  id text primary key,
  record text not null,
  key text not null,
  field text not null,
  old_digest text not null,
  salt bytea not null,
  -- free text of a person: in no ledger entry, erasable
  reason text not null,
  evidence text,
  corrected_by text not null references lethe.actor,
  corrected_at timestamptz not null
);
create index on lethe.rectification (record, key);

create trigger append_only before update or truncate on lethe.rectification
  for each statement execute function lethe.stays_as_written();

-- What a person must still do: tell a recipient of a correction (Art. 19), make a correction again that a restore undid.
create table lethe.task (
  id text primary key,
  kind text not null check (kind in ('tell-recipient', 'correct-again')),
  -- whose data it is about
  record text not null,
  key text not null,
  field text not null,
  -- the correction it follows from
  rectification text references lethe.rectification,
  -- of tell-recipient: ids of policies
  activity text,
  recipient text,
  state text not null default 'open' check (state in ('open', 'done')),
  made_at timestamptz not null,
  done_by text references lethe.actor,
  done_at timestamptz,
  check ((state = 'done') = (done_at is not null)),
  check ((done_by is null) = (done_at is null)),
  check ((kind = 'tell-recipient') = (recipient is not null and activity is not null))
);
create index on lethe.task (record, key);
create index on lethe.task (rectification);
create index on lethe.task (made_at) where state = 'open';
