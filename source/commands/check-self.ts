import { formatMs, formatPlural } from '../lib/format.ts';
import { packageVersion } from '../lib/version.ts';
import { createExporter } from '../metrics/exporter.ts';
import { QueryMetrics } from '../metrics/query-metrics.ts';
import type { Reading } from '../sampling/reading.ts';
import { createStore } from '../sampling/store.ts';
import type { CheckStatus } from './check-line.ts';
import type { CommandContext } from './command.ts';
import { type OneSample, takeSample } from './one-sample.ts';

/**
 * What a deployment calls: the catalog loads, every sampler that applies to this database runs once
 * inside its bound, every metric registers. Writes a line for each of these, and one for each fault.
 * @throws TidemarkError of kind `config` or `catalog`: then nothing else could be tried
 */
export async function checkSelf(context: CommandContext): Promise<CheckStatus> {
	const { stdout } = context;
	const say = (line: string) => stdout.write(`${line}\n`);
	const queries = new QueryMetrics();
	const sample = await takeSample(context, queries.observe);
	const packs = new Set(sample.samplers.map(({ pack }) => pack));
	const ids = new Set(sample.samplers.map(({ id }) => id));
	say(`catalog   ${formatPlural(ids.size, 'sampler')} in ${formatPlural(packs.size, 'pack')}`);
	const { connection, readings } = sample.snapshot;
	if (connection.kind !== 'live') {
		say(`UNKNOWN   ${connection.kind === 'lost' ? connection.sentence : 'no answer in time'}`);
		return 'UNKNOWN';
	}
	const failed = [...readings].filter(([, { kind }]) => kind === 'failed' || kind === 'pending');
	say(`samplers  ${samplersLine(readings)}`);
	for (const [id, reading] of failed) say(`FAILED    ${id}: ${reasonOf(reading)}`);
	say(`metrics   ${await metricsLine(sample, queries)}`);
	const { identity } = connection;
	const where = `${identity.database} on Postgres ${identity.version} as ${identity.user}`;
	say(failed.length > 0 ? `CRITICAL  ${where}` : `OK        ${where}`);
	return failed.length > 0 ? 'CRITICAL' : 'OK';
}

function samplersLine(readings: ReadonlyMap<string, Reading>): string {
	const ran = [...readings].flatMap(([id, reading]) =>
		'cost' in reading ? [{ id, serverMs: reading.cost.serverMs }] : [],
	);
	const slowest = ran.toSorted((a, b) => b.serverMs - a.serverMs)[0];
	const absent = [...readings.values()].filter(({ kind }) => kind === 'unavailable').length;
	return [
		`${ran.length} ran inside their bounds`,
		...(slowest ? [`the slowest ${slowest.id} in ${formatMs(slowest.serverMs)}`] : []),
		`${absent} not in this database`,
	].join(', ');
}

const reasonOf = (reading: Reading): string =>
	'failure' in reading ? reading.failure.sentence : 'was never asked';

/** @throws TidemarkError of kind `catalog` with every metric that can't be exposed */
async function metricsLine({ samplers, snapshot }: OneSample, queries: QueryMetrics) {
	const exporter = createExporter({
		samplers,
		store: createStore(snapshot),
		sharedSnapshot: async () => snapshot,
		queries,
		ttlMs: Number.POSITIVE_INFINITY,
		version: packageVersion(),
	});
	try {
		const [text] = await Promise.all([exporter.scrape('text'), exporter.scrape('openmetrics')]);
		const lines = String(text).split('\n');
		const series = lines.filter((line) => line !== '' && !line.startsWith('#')).length;
		const families = lines.filter((line) => line.startsWith('# TYPE ')).length;
		return `${series} series of ${families} metrics, in both formats`;
	} finally {
		exporter.stop();
	}
}
