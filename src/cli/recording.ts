import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import { PLACE_RULES, UNKNOWN_PLACE, type Need, type PlaceRule } from '../recording/places.js';
import type { ShownCall } from '../recording/show-call.js';
import { outputOf, withEngine } from './session.js';

/** `lethe recording …` */
export function recordingCommands(program: Command): void {
  const recording = program.command('recording').description('which calls may be recorded, and which are');
  recording
    .command('places')
    .description('what the law of each place asks for before a call is recorded, and how well that is known')
    .action((_options, command: Command) => {
      outputOf(command).list([UNKNOWN_PLACE, ...PLACE_RULES], placeLine, '');
    });
  recording
    .command('show <call>')
    .description('what became of a call: its rule, what is missing, when it was recorded')
    .action((id: string, _options, command: Command) => show(command, id));
}

const NEEDS: Readonly<Record<Need, string>> = {
  one: 'one consents',
  announcement: 'announcement',
  everyone: 'everybody consents',
};

const placeLine = ({ place, need, says, cite, source, verified }: PlaceRule): string =>
  `${place.padEnd(8)} ${NEEDS[need].padEnd(18)} ${verified ? 'verified    ' : 'not verified'}  ${cite}; ${says} (${source})`;

const show = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const call = await engine.recordings.show(id);
    out.result(call, callLines(call));
  });

function callLines(call: ShownCall): readonly string[] {
  const why = call.pausedFor.length > 0 ? ` for ${call.pausedFor.join(' and ')}` : '';
  const missing = call.missing.map(({ role, lacks }) => `${role}: ${lacks}`).join(', ');
  return [
    `Call ${call.id} about ${call.ticket}, since ${shownInstant(call.openedAt)}${call.isOver ? ', over' : ''}; recording ${call.recording}${why}.`,
    `On it: ${call.participants.map(({ role, place }) => `${role} (${place ?? 'place not known'})`).join(', ') || 'nobody'}.`,
    `Rule: ${placeLine(call.rule)}`,
    missing === '' ? 'Nothing is missing.' : `Missing: ${missing}.`,
    ...call.recorded.map(
      ({ from, to }) => `Recorded from ${shownInstant(from)} to ${to === null ? 'now' : shownInstant(to)}.`,
    ),
    `Stored: ${call.stored}.`,
  ];
}
