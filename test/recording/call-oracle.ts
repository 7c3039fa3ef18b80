import { LetheError } from '../../src/core/errors.js';
import type { Engine } from '../../src/engine.js';
import { SHOWN, SPOKEN, SWITCH } from './call-desk.js';

export const PLACES = ['US-TX', 'US-TX', 'US-NY', 'US-WA', 'US-CA', 'DE', null] as const;
export const DEEDS = [
  ...['consent', 'consent', 'consent', 'announce', 'start', 'start', 'start', 'resume', 'resume'],
  ...['pause', 'stop', 'refuse', 'withdraw', 'join', 'leave'],
] as const;

/** What a deed ended with: what it returned, or the code of its error. */
export type Outcome = object | string;

export async function attempt(work: () => Promise<object>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LetheError) return error.code;
    throw error;
  }
}

export function act(
  { recordings }: Engine,
  id: string,
  participant: string,
  deed: string,
  place: string | null,
): Promise<object> {
  switch (deed) {
    case 'consent':
      return recordings.consent(SWITCH, id, { participant, ...SPOKEN });
    case 'announce':
      return recordings.announce(SWITCH, id, { ...SHOWN, inRecording: true });
    case 'refuse':
      return recordings.refuse(SWITCH, id, { participant });
    case 'withdraw':
      return recordings.withdraw(SWITCH, id, { participant });
    case 'join':
      return recordings
        .join(SWITCH, id, { record: 'unknown', role: 'customer', place })
        .then((joined) => ({ ...joined, place }));
    case 'leave':
      return recordings.leave(SWITCH, id, participant);
    case 'pause':
      return recordings.pause(SWITCH, id, { reason: 'card-data' });
    case 'stop':
      return recordings.stop(SWITCH, id);
    case 'resume':
      return recordings.resume(SWITCH, id);
    default:
      return recordings.start(SWITCH, id);
  }
}

interface Known {
  readonly place: string | null;
  consented: boolean;
  announced: boolean;
  objects: boolean;
}

/** The rule in as few words as possible: who is on the call, and what each of them heard and said last. */
export class CallOracle {
  readonly people = new Map<string, Known>();

  join(id: string, place: string | null): void {
    this.people.set(id, { place, consented: false, announced: false, objects: false });
  }

  take(deed: string, participant: string, outcome: Outcome): void {
    if (typeof outcome === 'string') return;
    const person = this.people.get(participant);
    if (deed === 'join' && 'participant' in outcome && 'place' in outcome)
      this.join(String(outcome.participant), outcome.place as string | null);
    if (deed === 'leave') this.people.delete(participant);
    if (deed === 'announce') for (const one of this.people.values()) one.announced = true;
    if (deed === 'consent' && person) Object.assign(person, { consented: true, objects: false });
    if (['refuse', 'withdraw'].includes(deed) && person)
      Object.assign(person, { consented: false, objects: true });
  }

  isMet(): boolean {
    const all = [...this.people.values()];
    const places = all.map(({ place }) => place);
    if (all.length === 0 || all.some(({ objects }) => objects)) return false;
    if (places.some((place) => !['US-TX', 'US-NY', 'US-WA'].includes(place ?? '')))
      return all.every(({ consented }) => consented);
    const heard = all.every(({ announced, consented }) => announced || consented);
    const one = all.some(({ consented }) => consented);
    return (!places.includes('US-WA') || heard) && (places.every((place) => place === 'US-WA') || one);
  }
}

/** Numbers that are the same in every run. */
export function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
