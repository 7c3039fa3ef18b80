import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process beyond the reuse of its pid. */
export interface ProcessId {
  readonly pid: number;
  /** Linux: boot id and start time of the process; elsewhere empty, and the pid must do. */
  readonly start: string;
  /** Where the pid means something: host and, on Linux, the pid namespace (every container has a pid 1). */
  readonly space: string;
}

export const thisProcess = (): ProcessId => ({
  pid: process.pid,
  start: statusOf(process.pid)?.start ?? '',
  space: pidSpace(),
});

/** Whether the other's pid can be looked up from here. */
export const seesSameProcesses = (other: ProcessId): boolean => other.space === pidSpace();

/** Whether that very process still runs; another one with its pid, and a zombie, do not count. */
export function isRunning({ pid, start }: ProcessId): boolean {
  if (!answers(pid)) return false;
  const status = statusOf(pid);
  if (status === undefined || start === '') return true;
  return status.start === start && !['Z', 'X'].includes(status.state);
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function pidSpace(): string {
  return `${hostname()} ${quietly(() => readlinkSync('/proc/self/ns/pid'))}`;
}

/** /proc/<pid>/stat: `pid (name) state …`; the name may hold blanks and parentheses; start time is field 22. */
function statusOf(pid: number): { state: string; start: string } | undefined {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === '') return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  return { state: fields[0] ?? '', start: `${boot} ${fields[19] ?? ''}` };
}

function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
