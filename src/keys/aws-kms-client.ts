import type * as Sdk from '@aws-sdk/client-kms';

/** What every call is given: when to give up. */
export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** The SDK's client, loaded and configured at the first call: who uses no KMS does not pay for it. */
export interface KmsClient {
  /** Throws what the SDK throws, a TimeoutError when all tries together took too long, and Closed where it was closed meanwhile. */
  ask<T>(call: (kms: Sdk.KMS, options: CallOptions) => Promise<T>): Promise<T>;
  /** Ends the calls that are under way, tries and all, and lets their connections go. Whoever asks afterwards connects anew. */
  close(): void;
}

/** In milliseconds: of one try to connect, of one try in all, of all tries together and finding credentials too. */
export interface KmsPatience {
  readonly connect: number;
  readonly request: number;
  readonly all: number;
}

const PATIENCE: KmsPatience = { connect: 3_000, request: 5_000, all: 20_000 };
/** The SDK waits between tries for up to 1, 2, 4, 8 s when it is throttled, at random (full jitter); much less otherwise. */
const ATTEMPTS = 5;

/** Region, endpoint (AWS_ENDPOINT_URL_KMS) and credentials come from the SDK's ordinary configuration. */
export function kmsClient(patience: KmsPatience = PATIENCE): KmsClient {
  let opened: Promise<Sdk.KMS> | undefined;
  const underWay = new Set<AbortController>();
  return {
    ask: async (call) => {
      const asking = new AbortController();
      underWay.add(asking);
      try {
        const kms = await (opened ??= openClient(patience));
        return await within(patience.all, asking, (abortSignal) => call(kms, { abortSignal }));
      } finally {
        underWay.delete(asking);
      }
    },
    close: () => {
      // without its connections alone, a call would go on with its next try, and hold the process
      for (const asking of underWay) asking.abort(ended('Closed', 'closed before there was an answer'));
      void opened?.then(
        (kms) => {
          kms.destroy();
        },
        () => undefined,
      );
    },
  };
}

async function openClient({ connect, request }: KmsPatience): Promise<Sdk.KMS> {
  const { KMS } = await import('@aws-sdk/client-kms');
  return withoutVersionWarning(
    () =>
      new KMS({
        maxAttempts: ATTEMPTS,
        requestHandler: {
          connectionTimeout: connect,
          requestTimeout: request,
          socketTimeout: request,
          throwOnRequestTimeout: true,
        },
      }),
  );
}

/**
 * A new client says once a process that its next versions want a newer Node than Lethe does. Whoever runs a command can do nothing
 * about it; every other warning passes. Nothing else runs meanwhile: `make` is synchronous.
 */
function withoutVersionWarning<T>(make: () => T): T {
  const emit = process.emitWarning.bind(process);
  const others = (...given: Parameters<typeof emit>): void => {
    if (!String(given[0]).startsWith('NodeVersionSupportWarning')) emit(...given);
  };
  process.emitWarning = others as typeof emit;
  try {
    return make();
  } finally {
    process.emitWarning = emit;
  }
}

async function within<T>(
  ms: number,
  asking: AbortController,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = asking;
  signal.throwIfAborted();
  const timer = setTimeout(() => {
    asking.abort(ended('TimeoutError', 'no answer in time'));
  }, ms);
  try {
    return await Promise.race([work(signal), endOf(signal)]);
  } finally {
    clearTimeout(timer);
  }
}

const endOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });

const ended = (name: string, message: string): Error => Object.assign(new Error(message), { name });
