import type { Call } from '../access/call.js';
import type { Clock } from '../core/clock.js';
import type { Tx } from '../db/database.js';
import { cutFile } from '../intake/cut-file.js';
import {
  applyIntake,
  cutsOf,
  droppedCounts,
  requireTaken,
  type Channel,
  type Dropped,
} from '../intake/intake.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { AccessDeed } from '../policy/access-schema.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { FileInput } from './write-inputs.js';

/** What may be stored of what a caller handed in, and what became of the rest. */
export interface TakenIn {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly FileInput[];
  readonly dropped: readonly Dropped[];
  readonly masked: readonly string[];
}

export interface Handed {
  readonly channel: Channel;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly files?: readonly FileInput[] | undefined;
  /** Records that are made. */
  readonly making: readonly string[];
}

/** @throws LetheError `intake_closed`, `intake_refused` */
export function takeIn({ intake: policies }: PoliciesByKind, { purpose }: Call, handed: Handed): TakenIn {
  const { channel, files = [], making } = handed;
  const order = { policies, channel, purpose };
  const given = Object.entries(handed.fields).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value] as const],
  );
  const intake = applyIntake({ ...order, fields: Object.fromEntries(given), making });
  requireTaken(intake, channel, purpose);
  const each = files.map((file) => takeFile(order, file));
  return {
    fields: intake.taken,
    files: each.flatMap(({ file }) => file ?? []),
    dropped: [...intake.dropped, ...each.flatMap(({ dropped }) => dropped)],
    masked: [...new Set([...intake.masked, ...each.flatMap(({ masked }) => masked)])],
  };
}

type IntakeFor = Pick<Parameters<typeof applyIntake>[0], 'policies' | 'channel' | 'purpose'>;

/** A file goes in whole or not at all: of a mask nothing is left of it. */
function takeFile(
  order: IntakeFor,
  { fileName, mediaType, content }: FileInput,
): Pick<TakenIn, 'dropped' | 'masked'> & { readonly file: FileInput | null } {
  const fields = { 'attachment.content': 'file', 'attachment.file_name': fileName };
  const intake = applyIntake({ ...order, fields, making: [] });
  requireTaken(intake, order.channel, order.purpose);
  const { dropped, masked } = intake;
  if (intake.taken['attachment.content'] !== 'file') return { file: null, dropped, masked };
  const cut = cutFile(mediaType, content);
  return {
    file: { fileName: intake.taken['attachment.file_name'] ?? 'file', mediaType, content: cut.content },
    dropped: [...dropped, ...cutsOf('attachment.content', cut.counts)],
    masked,
  };
}

/** Says in the ledger how much of which kind was not stored; nothing when all was. */
export async function recordReduced(
  tx: Tx,
  clock: Clock,
  call: Call,
  written: { readonly deed: AccessDeed; readonly channel: Channel; readonly name: string },
  { dropped, masked }: Pick<TakenIn, 'dropped' | 'masked'>,
): Promise<void> {
  if (dropped.length === 0 && masked.length === 0) return;
  await appendEntry(tx, {
    kind: 'intake.reduced',
    at: clock.now(),
    actor: await actorId(tx, call.actor.id),
    about: { deed: written.deed, channel: written.channel },
    counts: { ...droppedCounts(dropped), ...(masked.length > 0 ? { masked: masked.length } : {}) },
    names: [written.name],
  });
}
