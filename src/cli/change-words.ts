import type { PolicyKind } from '../policy/policy.js';
import type { Publication } from '../publication/publication.js';

interface ChangeWords {
  /** Of a version that lets nothing more happen … */
  readonly keeps: string;
  /** … and of one that may. */
  readonly takesMore: string;
  /** What is so once the first is in force. */
  readonly atOnce: string;
}

const WORDS: Readonly<Record<PolicyKind, ChangeWords>> = {
  retention: {
    keeps: 'takes no record more',
    takesMore: 'may take records that were kept',
    atOnce: 'no record is taken that was kept before',
  },
  organisation: {
    keeps: 'changes who is responsible',
    takesMore: 'changes who is responsible, and who approves that',
    atOnce: 'it says who is responsible',
  },
  activity: {
    keeps: 'does nothing more with data',
    takesMore: 'may do more with data',
    atOnce: 'nothing more is done with data than before',
  },
  access: {
    keeps: 'permits nothing more',
    takesMore: 'may permit more',
    atOnce: 'nothing is permitted that was not before',
  },
  consent: {
    keeps: 'asks for no less',
    takesMore: 'may ask for less',
    atOnce: 'no less is asked for than before',
  },
  intake: {
    keeps: 'takes nothing more in',
    takesMore: 'may take more in',
    atOnce: 'nothing more is taken in than before',
  },
};

/** What a version changes, in words. */
export const changeWords = ({ kind, change }: Pick<Publication, 'kind' | 'change'>): string =>
  change === 'initial' ? 'first version of this installation' : WORDS[kind][change];

/** What is so from now on, of a version that is in force at once. */
export const atOnceWords = ({ kind }: Pick<Publication, 'kind'>): string => WORDS[kind].atOnce;
