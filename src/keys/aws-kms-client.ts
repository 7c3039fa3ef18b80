import type * as Sdk from '@aws-sdk/client-kms';

/** What every call is given: when to give up. */
export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** The SDK's client, loaded and configured at the first call: who uses no KMS does not pay for it. */
export interface KmsClient {
  /** Throws what the SDK throws, and a TimeoutError when all tries together took too long. */
  ask<T>(call: (kms: Sdk.KMS, options: CallOptions) => Promise<T>): Promise<T>;
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
  return {
    ask: async (call) => {
      const kms = await (opened ??= openClient(patience));
      return within(patience.all, (abortSignal) => call(kms, { abortSignal }));
    },
    close: () => {
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

async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error('no answer in time'), { name: 'TimeoutError' }));
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
