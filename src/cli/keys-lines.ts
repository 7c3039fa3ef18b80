import { shownInstant } from '../core/instant.js';
import type { EpochStatus, KeysOverview } from '../encryption/keys-overview.js';
import type { KeysStatus, KeyStatus } from '../ledger/keys.js';
import { count, counted } from './output.js';

const SIGNING: Readonly<Record<KeyStatus['state'], string>> = {
  signing: 'signs',
  former: 'former',
  adopted: 'adopted: of a lost vault, vouched for by nobody',
  unknown: '! unknown to the vault; run `lethe ledger verify`',
};

/** What encrypts, for people. */
export function encryptionLines(found: KeysOverview): readonly string[] {
  const { encryption, root, dataKeys } = found;
  if (root === null && encryption.state === 'off')
    return ['Encryption: off. lethe.json names no keys: what customers write is stored as it is.', ''];
  return [
    `Encryption: ${stateText(found)}`,
    ...rootLines(found),
    ...epochLines(found),
    `Keys: ${count(dataKeys.subject)} of persons, ${count(dataKeys.ticket)} of tickets; ${count(dataKeys.destroyed)} destroyed${
      dataKeys.pending === 0 ? '' : `, ${count(dataKeys.pending)} to be destroyed by the next run or worker`
    }`,
    ...versionLines(found),
    '',
  ];
}

function stateText({ encryption: { state, rows }, root }: KeysOverview): string {
  if (root === null) return `! ${state}, and lethe.json names no keys: what is encrypted cannot be read`;
  const sum = Object.values(rows).reduce((all, one) => all + one, 0);
  if (state === 'on') return 'on';
  if (state === 'off') return 'off. `lethe keys encrypt` turns it on';
  return `! not finished: ${counted(sum, 'row')} so far. \`lethe keys encrypt\` goes on`;
}

function rootLines({ root }: KeysOverview): readonly string[] {
  if (root === null) return [];
  const what = root.provider === 'local' ? 'key file' : 'AWS KMS';
  const region = root.isMultiRegion ? ', in several regions' : '';
  if (root.problem?.code === 'key_file_unmade')
    return [`Root: ${what} ${root.key}, not made yet: \`lethe keys encrypt\` makes it`];
  return root.problem
    ? [`Root: ${what} ${root.key}`, `  ! ${root.problem.message} [${root.problem.code}]`]
    : [`Root: ${what} ${root.key} (${root.id ?? ''}${region})`];
}

function epochLines({ epochs, root }: KeysOverview): readonly string[] {
  if (epochs === null) return [];
  const { place, problem, list } = epochs;
  // a key file is both, and its trouble is told with the root
  const isTold = problem !== null && problem.message === root?.problem?.message;
  return [
    `Epoch keys in ${place}${list.length === 0 && (problem === null || isTold) ? ': none yet' : ''}`,
    ...(problem === null || isTold ? [] : [`  ! ${problem.message} [${problem.code}]`]),
    ...list.map((epoch) => `  ${epochLine(epoch)}`),
  ];
}

function epochLine({ id, state, since, keys, goesAt, isThere }: EpochStatus): string {
  const what = {
    current: `current since ${shownInstant(since)}, ${counted(keys, 'key')}`,
    leaving: `being left, ${counted(keys, 'key')} still under it; \`lethe keys rotate\` goes on`,
    empty: `empty; its key goes ${goesAt === null ? 'later' : `on ${shownInstant(goesAt)}`}`,
  }[state];
  return `${id}  ${what}${isThere === false ? '; ! ITS KEY IS NOT THERE' : ''}`;
}

const versionLines = ({ versions }: KeysOverview): readonly string[] =>
  versions.map(({ use, version, since }) => `  ${use} key, version ${version}, since ${shownInstant(since)}`);

/** What signs the ledger, for people. */
export const signingLines = (found: KeysStatus): readonly string[] => [
  `Vault ${found.vault ?? 'without a name yet'} in ${found.place}`,
  ...found.keys.map(keyLine),
  'Note the fingerprints elsewhere: `lethe ledger verify FILE --key FINGERPRINT` then trusts no other key.',
];

function keyLine({ fingerprint, state, since, blocks }: KeyStatus): string {
  const signed =
    blocks === null
      ? 'has signed no block yet'
      : `${counted(blocks.count, 'block')}, ${blocks.first} to ${blocks.last}`;
  return `${fingerprint}  ${SIGNING[state]}${since === null ? '' : `, since ${shownInstant(since)}`}; ${signed}`;
}
