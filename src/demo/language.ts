import type { NonEmpty } from './random.js';

export const LANGUAGES = ['en', 'de', 'fr', 'pl', 'el', 'ar', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

export const TOPICS = ['order', 'delivery', 'refund', 'billing', 'warranty', 'account', 'complaint'] as const;
export type Topic = (typeof TOPICS)[number];

/**
 * What is said about one topic, in the order of a thread. Texts at the same place in these lists belong to the same story
 * (a shorter list starts again). `{order}` and the like are filled in by letter.ts.
 */
export interface TopicPhrases {
  readonly subjects: NonEmpty<string>;
  readonly opening: NonEmpty<string>;
  /** The desk needs something before it can help. */
  readonly question: NonEmpty<string>;
  readonly followUp: NonEmpty<string>;
  readonly solution: NonEmpty<string>;
}

export interface LanguagePhrases {
  readonly hello: NonEmpty<string>;
  readonly regards: NonEmpty<string>;
  readonly deskHello: string;
  readonly deskRegards: string;
  readonly thanks: NonEmpty<string>;
  /** Why a settled ticket comes back. */
  readonly again: NonEmpty<string>;
  /** Somebody else of the same company writes into the thread. */
  readonly colleague: NonEmpty<string>;
  readonly merged: string;
  readonly products: NonEmpty<string>;
  readonly topics: Readonly<Record<Topic, TopicPhrases>>;
}
