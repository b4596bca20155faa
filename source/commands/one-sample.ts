import type { Sampler } from '../catalog/sampler.ts';
import { type ComposeOptions, compose } from '../compose.ts';
import { type Config, resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { CommandContext } from './command.ts';
import { stopParts } from './stop-parts.ts';

/** One sample of everything that applies to a database, and the catalog it was taken with. */
export type OneSample = {
	readonly samplers: readonly Sampler[];
	/** Its connection is live, or else nothing could be asked. */
	readonly snapshot: Snapshot;
	/** By which it is to be judged. */
	readonly thresholds: Config['thresholds'];
	/** What is wrong with the user's own samplers. */
	readonly warnings: readonly string[];
};

/**
 * Connects, asks every sampler that applies, disconnects.
 * @throws TidemarkError of kind `config` or `catalog`; a connection that can't be had is in the snapshot
 */
export async function takeSample(
	context: CommandContext,
	observe?: ComposeOptions['observe'],
): Promise<OneSample> {
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	const parts = compose({ config, target, ...(observe && { observe }) });
	const stop = () => void parts.stop();
	context.ending.addEventListener('abort', stop);
	try {
		const snapshot = await parts.loop.refreshAll();
		const { samplers, warnings } = parts;
		return { samplers, snapshot, thresholds: config.thresholds, warnings };
	} finally {
		context.ending.removeEventListener('abort', stop);
		await stopParts(parts);
	}
}

/** Which samplers are meant; empty: all. */
export type SampleFilter = { readonly pack?: string; readonly panel?: string };

/**
 * The part of a sample that a filter lets through.
 * @throws TidemarkError of kind `config` when there is no such pack or panel
 */
export function filterSample(sample: OneSample, filter: SampleFilter): OneSample {
	const { samplers, snapshot } = sample;
	for (const field of ['pack', 'panel'] as const) {
		const wanted = filter[field];
		const known = [...new Set(samplers.map((sampler) => sampler[field]))];
		if (wanted !== undefined && !known.includes(wanted)) {
			throw new TidemarkError(
				'config',
				`--${field} is one of ${known.join(', ')}; it is "${wanted}"`,
			);
		}
	}
	const kept = samplers.filter(
		({ pack, panel }) => (filter.pack ?? pack) === pack && (filter.panel ?? panel) === panel,
	);
	const ids = new Set(kept.map(({ id }) => id));
	const readings = new Map([...snapshot.readings].filter(([id]) => ids.has(id)));
	return { ...sample, samplers: kept, snapshot: { ...snapshot, readings } };
}
