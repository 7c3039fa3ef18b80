import type { Instant } from '../core/instant.js';

/** Whoever listens in takes part, too. */
export const ROLES_ON_CALL = ['customer', 'agent', 'listener'] as const;
export type RoleOnCall = (typeof ROLES_ON_CALL)[number];

/** Somebody who is, or was, on a call. */
export interface Participant {
  readonly id: string;
  /** Null: nobody knows who they are. */
  readonly subject: string | null;
  readonly role: RoleOnCall;
  /** ISO 3166; null: not known. */
  readonly place: string | null;
}

interface Happened {
  readonly at: Instant;
}
interface ByParticipant extends Happened {
  readonly participant: string;
}

/** What can happen on a call. */
export type CallEvent =
  | (Happened & { readonly kind: 'opened' | 'started' | 'ended' })
  | (Happened & { readonly kind: 'paused' | 'resumed'; readonly reason: PauseReason })
  | (Happened & { readonly kind: 'stopped'; readonly reason: StopReason })
  | (Happened & { readonly kind: 'stored'; readonly recording: string })
  | (ByParticipant & { readonly kind: 'joined' | 'refused' | 'withdrawn' | 'told' })
  | (ByParticipant & { readonly kind: 'left'; readonly reason: 'untold' | null })
  | (ByParticipant & { readonly kind: 'announced'; readonly inRecording: boolean } & Pick<
        Said,
        'wording' | 'language' | 'policy' | 'version' | 'evidence'
      >)
  | (ByParticipant & { readonly kind: 'consented' } & Said);

/** Of the fields that only some kinds have. */
export type CallEventFields = Happened & { readonly kind: CallEvent['kind'] } & Partial<
    Said & {
      readonly participant: string;
      readonly reason: string | null;
      readonly inRecording: boolean;
      readonly recording: string;
    }
  >;

/** `card-data`: a card is being read out. `rule`: somebody joined or left, and the rule is not met any more. Each is ended on its own. */
export const PAUSE_REASONS = ['card-data', 'rule'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];
/** `objection`: somebody refused or withdrew. */
export type StopReason = 'objection' | 'order';

/** What was shown, and what was said to it. */
export interface Said {
  readonly method: string;
  readonly policy: string;
  /** Digest of the policy's version. */
  readonly version: string;
  readonly wording: string;
  readonly language: string;
  /** The consent of a person who is known. */
  readonly consent: string | null;
  readonly evidence: string | null;
}

/** When a consent that was given on a call ended, or will: withdrawn anywhere, or past its time. */
export interface ConsentEnd {
  readonly consent: string;
  readonly at: Instant;
  /** Nobody ended it: it was good for so long. */
  readonly isExpiry: boolean;
}
