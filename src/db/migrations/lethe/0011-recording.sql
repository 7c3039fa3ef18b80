-- A call that may be recorded. What became of it is told by its events alone; its row is what they queue for: whoever changes
-- something about a call locks it first, so nobody starts a recording that somebody else has just stopped.
create table lethe.call (
  id text primary key,
  -- key of the ticket it is about
  ticket text not null,
  opened_at timestamptz not null
);

-- Who is, or was, on the call.
create table lethe.call_participant (
  id text primary key,
  call_id text not null references lethe.call,
  -- null: nobody knows who they are
  subject_id text references lethe.subject,
  role text not null check (role in ('customer', 'agent', 'listener')),
  -- ISO 3166, where they are during the call; null: not known, which counts as the strictest
  place text check (place ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$')
);
create index on lethe.call_participant (call_id);
create index on lethe.call_participant (subject_id);

-- What happened on it, in the order of `number`; of one call, the times follow the same order. No text of a person is in it.
create table lethe.call_event (
  number bigint generated always as identity primary key,
  call_id text not null references lethe.call,
  participant_id text references lethe.call_participant,
  at timestamptz not null,
  kind text not null check (kind in (
    'opened', 'joined', 'left', 'announced', 'told', 'consented', 'refused', 'withdrawn',
    'started', 'paused', 'resumed', 'stopped', 'stored', 'ended')),
  -- why it paused, stopped, or left
  reason text,
  -- of an announcement: it is part of the recording
  in_recording boolean,
  -- of what was said: the consent policy, the digest of its version, and what was shown of it
  policy text,
  version text,
  wording text,
  language text,
  method text,
  -- names the consent of a person who is known (lethe.consent has its own period)
  consent uuid,
  -- key of what was stored
  recording text,
  -- names what proves it, such as message/88
  evidence text,
  actor text not null references lethe.actor,
  check ((kind in ('joined', 'left', 'announced', 'told', 'consented', 'refused', 'withdrawn')) = (participant_id is not null)),
  check ((kind = 'consented') = (method is not null)),
  check ((kind = 'stored') = (recording is not null)),
  check ((kind = 'announced') = (in_recording is not null))
);
create index on lethe.call_event (call_id, number);
create index on lethe.call_event (participant_id);

create trigger append_only before update or truncate on lethe.call
  for each statement execute function lethe.stays_as_written();
create trigger append_only before update or truncate on lethe.call_participant
  for each statement execute function lethe.stays_as_written();
create trigger append_only before update or truncate on lethe.call_event
  for each statement execute function lethe.stays_as_written();
