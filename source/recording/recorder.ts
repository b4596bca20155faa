import { type FileHandle, open, rename } from 'node:fs/promises';
import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { encodeSample } from '../sampling/history/encode-sample.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { type RecordingHead, rotateBytes, wholeEvery } from './format.ts';

/** What a recorder is made of. */
export type RecorderOptions = {
	readonly file: string;
	/** What the first line says; asked again for each new file. */
	readonly head: () => RecordingHead;
	/** Recording has ended for good; the sentence says why. Called once. */
	readonly onFailure: (sentence: string) => void;
	readonly maxBytes?: number;
};

/** What waits to be written while the disk doesn't take it, in characters: more ends the recording. */
const mostWaiting = 32 * 2 ** 20;

/** Whose file it is, and nobody else's: it says what runs in a database. */
const mode = 0o600;

/** Appends snapshots to a file, each in one write, at once: a kill costs the one in hand at most. */
export class Recorder {
	readonly #options: RecorderOptions;
	#handle: FileHandle;
	#bytes: number;
	#before: Snapshot | undefined;
	#sinceWhole = 0;
	#waiting = 0;
	#writing: Promise<void> = Promise.resolve();
	#hasFailed = false;

	private constructor(options: RecorderOptions, handle: FileHandle, bytes: number) {
		this.#options = options;
		this.#handle = handle;
		this.#bytes = bytes;
		this.#begin();
	}

	/**
	 * Opens the file, or makes it, to be read by its owner alone.
	 * @throws TidemarkError of kind `config` where it can't be written, or holds something else
	 */
	static async open(options: RecorderOptions): Promise<Recorder> {
		const { file } = options;
		let handle: FileHandle | undefined;
		try {
			handle = await open(file, 'a+', mode);
			const { size } = await handle.stat();
			const start = Buffer.alloc(24);
			await handle.read(start, 0, start.length, 0);
			if (size > 0 && !start.toString().startsWith('{"tidemark":"recording"')) {
				throw new Error('it holds something else than a recording');
			}
			return new Recorder(options, handle, size);
		} catch (error) {
			await handle?.close();
			throw new TidemarkError('config', sentenceOf(file, 'cannot be recorded to', error), {
				cause: error,
			});
		}
	}

	/** Appends a snapshot; returns at once. */
	add(snapshot: Snapshot): void {
		if (this.#hasFailed) return;
		const isWhole = this.#sinceWhole === 0;
		const sample = encodeSample(snapshot, isWhole ? undefined : this.#before);
		this.#before = snapshot;
		this.#sinceWhole = (this.#sinceWhole + 1) % wholeEvery;
		this.#write(JSON.stringify(isWhole ? { k: 1, ...sample } : sample));
		if (this.#bytes > (this.#options.maxBytes ?? rotateBytes)) this.#rotate();
	}

	/** Resolves when all that was added is in the file, and that is closed. */
	async close(): Promise<void> {
		await this.#writing;
		await this.#handle.close().catch(() => {});
	}

	#begin(): void {
		// A line that was torn off by a death ends here, and is told from this one.
		const end = this.#bytes > 0 ? '\n' : '';
		this.#write(end + JSON.stringify(this.#options.head()));
		this.#sinceWhole = 0;
	}

	#write(line: string): void {
		const bytes = Buffer.from(`${line}\n`);
		this.#bytes += bytes.length;
		this.#waiting += bytes.length;
		if (this.#waiting > mostWaiting) {
			this.#fail(new Error('the disk takes nothing any more'));
			return;
		}
		this.#then(async () => {
			await this.#handle.appendFile(bytes);
			this.#waiting -= bytes.length;
		});
	}

	/** The old file stays beside the new one until that is as large. */
	#rotate(): void {
		const { file } = this.#options;
		this.#bytes = 0;
		this.#then(async () => {
			await this.#handle.close();
			await rename(file, `${file}.1`);
			this.#handle = await open(file, 'a', mode);
		});
		this.#begin();
	}

	#then(step: () => Promise<void>): void {
		this.#writing = this.#writing.then(async () => {
			if (this.#hasFailed) return;
			try {
				await step();
			} catch (error) {
				this.#fail(error);
			}
		});
	}

	#fail(error: unknown): void {
		if (this.#hasFailed) return;
		this.#hasFailed = true;
		this.#options.onFailure(sentenceOf(this.#options.file, 'is no longer recorded to', error));
	}
}

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: 'the disk is full',
	EDQUOT: 'the quota is used up',
	EACCES: 'this user may not write there',
	EROFS: 'the file system is read-only',
	ENOENT: 'its folder is not there',
	EISDIR: 'it is a folder',
	EFBIG: 'the file may not grow further',
};

function sentenceOf(file: string, what: string, error: unknown): string {
	const { code = '', message } = error as NodeJS.ErrnoException;
	return `${sanitise(file)} ${what}: ${reasons[code] ?? sanitise(message)}`;
}
