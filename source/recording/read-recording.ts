import { createReadStream } from 'node:fs';
import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { decodeSample } from '../sampling/history/decode-sample.ts';
import { NotASample } from '../sampling/history/read-json.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { longestLine, type RecordingHead, recordingVersion } from './format.ts';
import { readPanels } from './read-panels.ts';

/** What was found besides the samples. */
export type RecordingNotes = {
	/** Of the last start of a program that wrote it. */
	readonly head: RecordingHead;
	/** Lines that could not be read; of a program that was killed, its last. */
	readonly damaged: number;
	/** How often a program began to write. */
	readonly starts: number;
};

/** How far the reading has come: 0 to 1. */
export type OnProgress = (share: number) => void;

/**
 * Reads a recording from its beginning and hands on each snapshot, numbered anew from 0.
 * @param onProgress called now and then; what it throws ends the reading
 * @throws TidemarkError of kind `config`: no such file, no recording, a newer version, no sample in it
 */
export async function readRecording(
	file: string,
	take: (snapshot: Snapshot) => void,
	onProgress: (bytes: number) => void = () => {},
): Promise<RecordingNotes> {
	const reader = new RecordingReader(file, take);
	try {
		let rest = Buffer.alloc(0);
		let read = 0;
		for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 18 })) {
			rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
			let start = 0;
			for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
				reader.line(rest.toString('utf8', start, end));
				start = end + 1;
			}
			rest = rest.subarray(start);
			if (rest.length > longestLine) throw fault(file, 'has a line longer than any of a recording');
			read += chunk.length;
			onProgress(read);
			// Keys and signals are heard between two pieces.
			await new Promise((resolve) => setImmediate(resolve));
		}
		if (rest.length > 0) reader.line(rest.toString());
	} catch (error) {
		if (error instanceof TidemarkError) throw error;
		// What is wrong with the file has a code; what `onProgress` throws is the caller's.
		const { code } = error as NodeJS.ErrnoException;
		if (typeof code !== 'string') throw error;
		const reason =
			code === 'ENOENT' ? 'is not there' : `cannot be read: ${sanitise((error as Error).message)}`;
		throw fault(file, reason, error);
	}
	return reader.notes();
}

/** Takes a recording line by line; what is damaged costs the samples up to the next whole one. */
class RecordingReader {
	readonly #file: string;
	readonly #take: (snapshot: Snapshot) => void;
	#head: RecordingHead | undefined;
	#before: Snapshot | undefined;
	#samples = 0;
	#damaged = 0;
	#starts = 0;

	constructor(file: string, take: (snapshot: Snapshot) => void) {
		this.#file = file;
		this.#take = take;
	}

	line(text: string): void {
		if (text === '') return;
		const value = parsed(text);
		const head = headOf(value, this.#file);
		if (head) {
			this.#head = head;
			this.#before = undefined;
			this.#starts += 1;
			return;
		}
		if (!this.#head) throw fault(this.#file, 'is not a recording of tidemark');
		const isWhole = typeof value === 'object' && value !== null && 'k' in value;
		// Without the sample before it this one says nothing.
		if (!isWhole && !this.#before) {
			this.#damaged += 1;
			return;
		}
		try {
			const before = isWhole ? undefined : this.#before;
			const snapshot = decodeSample(value, before, clean);
			if (before && snapshot.seq !== before.seq + 1) throw new NotASample('follows another one');
			this.#before = snapshot;
			this.#take({ ...snapshot, seq: this.#samples });
			this.#samples += 1;
		} catch (error) {
			if (!(error instanceof NotASample)) throw error;
			this.#before = undefined;
			this.#damaged += 1;
		}
	}

	notes(): RecordingNotes {
		if (!this.#head) throw fault(this.#file, 'is empty: there is nothing to show');
		if (this.#samples === 0) throw fault(this.#file, 'has no sample in it that can be read');
		return { head: this.#head, damaged: this.#damaged, starts: this.#starts };
	}
}

/** As long as a cell of a sample may be. */
const clean = (text: string): string => sanitise(text, { maxLength: 1000 });

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The head that a line is; undefined where it is none. */
function headOf(value: unknown, file: string): RecordingHead | undefined {
	if (typeof value !== 'object' || value === null || !('tidemark' in value)) return undefined;
	const head = value as Readonly<Record<string, unknown>>;
	const { tidemark, version, target, intervalMs, everyMs, program } = head;
	if (tidemark !== 'recording' || typeof version !== 'number') return undefined;
	if (version > recordingVersion) {
		const by = typeof program === 'string' ? ` by tidemark ${clean(program)}` : '';
		throw fault(file, `was written${by} in a newer form than this program can read: update it`);
	}
	const cadences = typeof everyMs === 'object' && everyMs !== null ? Object.entries(everyMs) : [];
	return {
		tidemark,
		version,
		target: typeof target === 'string' ? clean(target) : '',
		intervalMs: isDuration(intervalMs) ? intervalMs : 2000,
		everyMs: Object.fromEntries(cadences.filter(([, ms]) => isDuration(ms))),
		...(head.ownPanels !== undefined && { ownPanels: readPanels(head.ownPanels) }),
		program: typeof program === 'string' ? clean(program) : '',
	};
}

const isDuration = (ms: unknown): ms is number => typeof ms === 'number' && ms > 0 && ms < 1e9;

const fault = (file: string, reason: string, cause?: unknown): TidemarkError =>
	new TidemarkError('config', `${sanitise(file)} ${reason}`, cause === undefined ? {} : { cause });
