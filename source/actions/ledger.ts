import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { formatPlural } from '../lib/format.ts';
import { sanitise } from '../lib/text.ts';
import type { ActionName } from './availability.ts';
import type { PipelineName } from './pipelines.ts';
import { appendLine, makeFolder } from './state-folder.ts';
import type { Interval } from './times.ts';

/** What a run set out to do: the first line of its ledger. */
export type RunHead = {
	readonly id: string;
	readonly action: ActionName;
	readonly pipeline: PipelineName;
	readonly where: string;
	/** `Facts.identity`: an emptied or rewritten table is another one. */
	readonly identity: string;
	/** This machine's clock, ISO 8601. */
	readonly at: string;
	readonly pid: number;
	/** Of its process; absent where the system doesn't tell. */
	readonly birth?: string;
	readonly host: string;
	/** What to type after `tidemark` to go on; empty where there is nothing to resume. */
	readonly resume: string;
	/** What was asked for. */
	readonly what: Readonly<Record<string, string | number | boolean>>;
};

/** A slice that is committed. */
export type LedgerSlice = Interval & { readonly rows: number; readonly tookMs: number };

/** A run that has begun and, as far as the ledger knows, not ended. */
export type Run = RunHead & { readonly slices: readonly LedgerSlice[] };

/** The ledger of a run under way. */
export type Ledger = {
	readonly id: string;
	/** Notes a committed slice. @throws what the file system says */
	note(slice: LedgerSlice): void;
	/** The run has ended and leaves nothing to resume. */
	forget(): void;
};

const folderOf = (folder: string): string => join(folder, 'runs');
const fileOf = (folder: string, id: string): string => join(folderOf(folder), `${id}.jsonl`);

/** A name for a run: its second, and what makes it unique. */
export const newRunId = (): string =>
	`${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`;

/** Opens the ledger of a new run. @throws what the file system says: then nothing may begin */
export function openLedger(folder: string, head: Omit<RunHead, 'pid' | 'birth' | 'host'>): Ledger {
	makeFolder(folderOf(folder));
	const { pid } = process;
	const birth = birthOf(pid);
	const whole: RunHead = { ...head, pid, ...(birth && { birth }), host: hostname() };
	appendLine(fileOf(folder, head.id), JSON.stringify(whole));
	return {
		id: head.id,
		note: (slice) => appendLine(fileOf(folder, head.id), JSON.stringify(slice)),
		forget: () => forgetRun(folder, head.id),
	};
}

/** Removes a run's ledger. */
export const forgetRun = (folder: string, id: string): void =>
	rmSync(fileOf(folder, id), { force: true });

/** The runs that were left unfinished, oldest first; those that still run are none of them. */
export function unfinishedRuns(folder: string): readonly Run[] {
	let names: string[];
	try {
		names = readdirSync(folderOf(folder)).filter((name) => name.endsWith('.jsonl'));
	} catch {
		return [];
	}
	return names
		.sort()
		.flatMap((name) => readRun(join(folderOf(folder), name)) ?? [])
		.filter((run) => !isAlive(run));
}

/** The runs that were left unfinished on a target, of one action on one pipeline if they are named. */
export const leftBehind = (
	{ folder, target }: { readonly folder: string; readonly target: { readonly label: string } },
	pipeline?: PipelineName,
	action?: ActionName,
): readonly Run[] =>
	unfinishedRuns(folder).filter(
		(run) =>
			run.where === target.label &&
			(pipeline === undefined || run.pipeline === pipeline) &&
			(action === undefined || run.action === action),
	);

/** Those of them that there is something to say of: what was left more than once, as it was left last. */
export function leftToTell(at: Parameters<typeof leftBehind>[0]): readonly Run[] {
	const latest = new Map<string, Run>();
	for (const run of leftBehind(at)) {
		const { action, pipeline, resume, what } = run;
		const errand = JSON.stringify([action, pipeline, resume || what]);
		// Deleted first, so that it takes the place of its latest.
		latest.delete(errand);
		latest.set(errand, run);
	}
	return [...latest.values()];
}

/**
 * Forgets the runs that a later one has made up for: the same again, or one over a span that holds
 * theirs.
 * @param later what was asked of it, and its own `resume`, if it has one
 */
export function forgetMadeUpFor(
	at: Parameters<typeof leftBehind>[0],
	pipeline: PipelineName,
	action: ActionName,
	later: Pick<RunHead, 'what'> & Partial<Pick<RunHead, 'resume'>>,
): void {
	for (const run of leftBehind(at, pipeline, action)) {
		const isSame = run.resume === later.resume && reachesAsFar(later.what, run.what);
		if (isSame || holds(later.what, run.what)) forgetRun(at.folder, run.id);
	}
}

/** A backfill that has abandoned months does not make up for one that has yet to walk them. */
const reachesAsFar = (later: RunHead['what'], left: RunHead['what']): boolean =>
	later.abandonedRows === undefined ||
	(left.since !== undefined && String(later.since) <= String(left.since));

/** Moments of one format are in the order of their texts. */
const holds = (outer: RunHead['what'], inner: RunHead['what']): boolean =>
	[outer.from, outer.to, inner.from, inner.to].every((each) => typeof each === 'string') &&
	String(outer.from) <= String(inner.from) &&
	String(outer.to) >= String(inner.to) &&
	outer.by === inner.by;

/** What a run left undone, and how to go on. */
export function leftBehindSentence({ action, pipeline, at, slices, resume }: Run): string {
	const begun = sanitise(at).slice(0, 19).replace('T', ' ');
	const when = `${sanitise(action)} of ${sanitise(pipeline)}, begun ${begun} UTC,`;
	if (resume === '') {
		return `An earlier ${when} has no receipt: it was ended from outside, and the server rolled it back or finished it; tidemark verify --pipeline ${sanitise(pipeline)} tells.`;
	}
	return `An earlier ${when} was left after ${formatPlural(slices.length, 'slice')}. To go on: tidemark ${sanitise(resume)}`;
}

function readRun(path: string): Run | undefined {
	const lines = readFileSync(path, 'utf8').split('\n');
	const [head, ...slices] = lines.flatMap((line) => {
		try {
			return line === '' ? [] : [JSON.parse(line) as object];
		} catch {
			// The line that was being written when the power went.
			return [];
		}
	});
	if (head === undefined || !('identity' in head)) return undefined;
	return { ...(head as RunHead), slices: slices as LedgerSlice[] };
}

/** Whether the process of a run is still there; of another machine nobody knows, and it counts as gone. */
function isAlive({ pid, birth, host }: RunHead): boolean {
	if (host !== hostname() || pid === process.pid || !isThere(pid)) return false;
	// After a restart of the machine another may have its number.
	return birth === undefined || (birthOf(pid) ?? birth) === birth;
}

function isThere(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as { code?: string }).code === 'EPERM';
	}
}

/** Tells a process from any other that ever has its number: since which boot, and when in it. Linux only. */
function birthOf(pid: number): string | undefined {
	try {
		const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The 22nd field; the second is a name in brackets, with anything in it.
		return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
	} catch {
		return undefined;
	}
}
