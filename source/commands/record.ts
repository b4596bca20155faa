import type { Sampler } from '../catalog/sampler.ts';
import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';
import { ownPanels } from '../sampling/own-panels.ts';
import type { Flags } from './command.ts';

/** What is recorded, and under which name. */
export type RecordOptions = {
	readonly flags: Flags;
	readonly config: Config;
	/** What the database is called; sanitised, without a password. */
	readonly target: string;
};

/**
 * Appends every snapshot from now on to the file of `--record`, where that is given. A disk that
 * takes no more ends the recording, is told once among the events, and nothing else.
 * @returns what resolves when all of it is in the file
 * @throws TidemarkError of kind `config` where the file can't be recorded to
 */
export async function startRecording(
	{ store, monitor, samplers }: Pick<Parts, 'store' | 'monitor' | 'samplers'>,
	{ flags, config, target }: RecordOptions,
): Promise<() => Promise<void>> {
	const { record: file } = flags;
	if (typeof file !== 'string') return async () => {};
	const [{ Recorder }, { recordedPanels, recordingVersion }, { packageVersion }] =
		await Promise.all([
			import('../recording/recorder.ts'),
			import('../recording/format.ts'),
			import('../lib/version.ts'),
		]);
	const own = recordedPanels(ownPanels(samplers));
	const recorder = await Recorder.open({
		file,
		head: () => ({
			tidemark: 'recording',
			version: recordingVersion,
			target,
			intervalMs: config.intervalMs,
			everyMs: cadences(samplers),
			...(own.length > 0 && { ownPanels: own }),
			program: packageVersion(),
		}),
		onFailure: (sentence) => monitor.tell('warn', sentence),
	});
	const unsubscribe = store.subscribe(() => recorder.add(store.latest()));
	return async () => {
		unsubscribe();
		await recorder.close();
	};
}

/** By id; of the variants of a sampler the slowest, since which one runs isn't known at the start. */
function cadences(samplers: readonly Sampler[]): Readonly<Record<string, number>> {
	const found: Record<string, number> = {};
	for (const { id, everyMs = 0 } of samplers) {
		if (everyMs > (found[id] ?? 0)) found[id] = everyMs;
	}
	return found;
}
