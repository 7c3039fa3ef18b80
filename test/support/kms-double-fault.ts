/** An error as AWS KMS answers it: its name in `__type`, and a status. */
export class KmsFault extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}
