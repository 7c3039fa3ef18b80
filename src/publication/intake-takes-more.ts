import type { IntakeEntry } from '../policy/intake-schema.js';
import { when } from './list-changes.js';
import { showsNoMore } from './stronger-mask.js';
import type { OtherOf, StepOf } from './step-of.js';

type Use = IntakeEntry['fields'][string];

/** Why, with this step, something is taken in that was not taken without it, or is asked for more firmly: in words. */
export function intakeTakesMore({ before, after, others }: StepOf<'intake'>): readonly string[] {
  if (after === null) return before ? others.flatMap((other) => freed(before.entry, other)) : [];
  const { channel, purpose, fields } = after.entry;
  if (before === null) return [`it is the first version of this intake by ${channel}: it takes all it lists`];
  const was = before.entry;
  if (was.channel !== channel)
    return [`channel: ${was.channel} → ${channel}, it takes what it lists by another channel`];
  return [
    ...when(was.purpose !== purpose, `purpose: ${was.purpose} → ${purpose}, it takes for something else`),
    ...Object.entries(fields).flatMap(([field, use]) => {
      const then = was.fields[field] ?? was.others;
      return when(!takesNoMore(then, use), `fields.${field}: ${wordOf(then)} → ${wordOf(use)}`);
    }),
  ];
}

/** Of several policies for one channel and purpose the strictest counts: one that goes leaves it to the others. */
function freed({ channel, purpose }: IntakeEntry, { id, policy }: OtherOf<'intake'>): readonly string[] {
  const isSame = !policy || (policy.entry.channel === channel && policy.entry.purpose === purpose);
  return when(isSame, `"${id}" may take in by ${channel} what this one drops or refuses`);
}

/** Does the second use keep no more of any value than the first, and ask for it no more firmly? */
function takesNoMore(was: Use, is: Use): boolean {
  if (is === 'drop' || is === 'refuse') return true;
  if (was === 'drop' || was === 'refuse') return false;
  if (is === 'require') return was === 'require';
  if (is === 'take') return was === 'take' || was === 'require';
  return showsNoMore(typeof was === 'string' ? undefined : was.mask, is.mask);
}

const wordOf = (use: Use): string => (typeof use === 'string' ? use : `mask ${use.mask}`);
