import { Option, type Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import type { ConsentAnswer, ConsentQuestion, ShownConsent } from '../consent/check-consent.js';
import type { StatedOrder } from '../consent/consent.js';
import type { ConsentState } from '../consent/consent-state.js';
import { withEngine } from './session.js';

/** The states in a word. */
const STATES: Readonly<Record<string, ConsentState>> = {
  requested: 'dpv:ConsentRequested',
  deferred: 'dpv:ConsentRequestDeferred',
  given: 'dpv:ConsentGiven',
  renewed: 'dpv:RenewedConsentGiven',
  refused: 'dpv:ConsentRefused',
  withdrawn: 'dpv:ConsentWithdrawn',
  revoked: 'dpv:ConsentRevoked',
  expired: 'dpv:ConsentExpired',
  invalidated: 'dpv:ConsentInvalidated',
  unknown: 'dpv:ConsentUnknown',
};

interface RecordOptions {
  readonly state: string;
  readonly wording?: string;
  readonly language?: string;
  readonly channel?: string;
  readonly method?: string;
  readonly years?: string;
  readonly born?: string;
  readonly place?: string;
  readonly parental?: string;
  readonly verified?: string;
  readonly notice?: string;
  readonly evidence?: string;
}

/** `lethe consent …` */
export function consentCommands(program: Command): void {
  const consent = program
    .command('consent')
    .description('consent where it is the basis: what was asked, said and withdrawn');
  addRecord(consent);
  consent
    .command('withdraw <record> <purpose>')
    .description('the person withdraws it: works at once, for this purpose alone, and needs no reason')
    .option('--channel <channel>', 'how they said so (default: as it was given)')
    .action((record: string, purpose: string, { channel }: { channel?: string }, command: Command) =>
      say(command, record, purpose, { state: 'withdrawn', ...(channel === undefined ? {} : { channel }) }),
    );
  consent
    .command('check <record> <purpose>')
    .description('may processing rest on it?')
    .option('--as-of <instant>', 'did it then? such as 2026-11-21T00:00:00Z')
    .action((record: string, purpose: string, { asOf }: { asOf?: string }, command: Command) =>
      check(command, record, purpose, asOf),
    );
  consent
    .command('show <record>')
    .description('every consent of a person (customer/12), with its events')
    .addOption(
      new Option('--receipt <purpose>', 'the receipt for the person, after ISO/IEC TS 27560').conflicts(
        'export',
      ),
    )
    .option('--export <purpose>', 'the consent record, after ISO/IEC TS 27560')
    .action((record: string, options: ShowOptions, command: Command) => show(command, record, options));
}

function addRecord(consent: Command): void {
  consent
    .command('record <record> <purpose>')
    .description('what a person (customer/12) said to a purpose (dpv:DirectMarketing)')
    .addOption(
      new Option('--state <word>', 'what it is now').choices(Object.keys(STATES)).makeOptionMandatory(),
    )
    .option('--wording <version>', 'version of the wording that was shown')
    .option('--language <code>', 'language it was shown in')
    .option('--channel <channel>', 'e-mail, web, phone, chat')
    .option('--method <method>', 'checkbox, double-opt-in, written, spoken, keypad')
    .option('--years <n>', 'how old they say they are; only whether that is old enough is stored')
    .option('--born <date>', 'the same, by the day they say they were born')
    .option('--place <code>', 'where they are, such as DE (default: the country of the record)')
    .option('--parental <relation>', 'parent or guardian: who consented for a child')
    .option('--verified <how>', 'how their authority was verified: identity-document, signed-form, call …')
    .option('--notice <sha256>', 'digest of the privacy notice that was shown')
    .option('--evidence <name>', 'names what proves it, such as message/88')
    .action((record: string, purpose: string, options: RecordOptions, command: Command) =>
      say(command, record, purpose, options),
    );
}

const say = (command: Command, record: string, purpose: string, options: RecordOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const recorded = await engine.consent.record(orderOf(record, purpose, options), actor);
    const until = recorded.validUntil === null ? '' : `, good until ${shownInstant(recorded.validUntil)}`;
    out.result(recorded, [`${recorded.record}: ${recorded.purpose} is ${recorded.state}${until}.`]);
  });

/** What was typed, as the engine checks it. */
function orderOf(record: string, purpose: string, options: RecordOptions): StatedOrder {
  const { state, years, born, parental, verified, ...same } = options;
  const { wording, language, channel, method, place, notice, evidence } = same;
  const order = {
    ...{ state: STATES[state], record, purpose, wording, language, channel, method, place, notice, evidence },
    by: parental === undefined ? undefined : { relation: parental, verified },
    age: ageOf(years, born),
  };
  const said = Object.entries(order).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as unknown as StatedOrder;
}

function ageOf(years: string | undefined, bornOn: string | undefined): object | undefined {
  if (years !== undefined) return { years: Number(years) };
  return bornOn === undefined ? undefined : { bornOn };
}

const check = (command: Command, record: string, purpose: string, asOf: string | undefined): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const question = { record, purpose, ...(asOf === undefined ? {} : { asOf }) } as ConsentQuestion;
    const answer = await engine.consent.check(question);
    out.result(answer, [answerLine(answer)]);
  });

function answerLine({ record, purpose, holds, state, since, validUntil }: ConsentAnswer): string {
  const from = since === null ? '' : ` since ${shownInstant(since)}`;
  const until = holds && validUntil !== null ? `, until ${shownInstant(validUntil)}` : '';
  return `${holds ? 'Yes' : 'No'}: ${record}, ${purpose} is ${state}${from}${until}.`;
}

interface ShowOptions {
  readonly receipt?: string;
  readonly export?: string;
}

const show = (command: Command, record: string, options: ShowOptions): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const { receipt, export: exported } = options;
    if (receipt !== undefined || exported !== undefined) {
      const question = { record, purpose: receipt ?? exported } as ConsentQuestion;
      const document = await (receipt === undefined
        ? engine.consent.export(question)
        : engine.consent.receipt(question));
      out.result(document, [JSON.stringify(document, null, 2)]);
      return;
    }
    out.list(await engine.consent.show(record), shownLines, 'Nothing is recorded of a consent.');
  });

const shownLines = ({ id, purpose, state, validUntil, events }: ShownConsent): string =>
  [
    `${purpose} is ${state}${validUntil === null ? '' : ` (good until ${shownInstant(validUntil)})`}  [${id}]`,
    ...events.map(
      (event) =>
        `  ${shownInstant(event.at)}  ${event.state}  by ${event.by}${event.wording === null ? '' : `, wording ${event.wording}`}${event.language === null ? '' : ` (${event.language})`}${event.channel === null ? '' : `, ${event.channel}`}${event.method === null ? '' : `, ${event.method}`}`,
    ),
  ].join('\n');
