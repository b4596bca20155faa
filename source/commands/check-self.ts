import { formatMs, formatPlural } from '../lib/format.ts';
import type { Exporter } from '../metrics/exporter.ts';
import { QueryMetrics } from '../metrics/query-metrics.ts';
import type { Reading } from '../sampling/reading.ts';
import type { CheckStatus } from './check-line.ts';
import type { CommandContext } from './command.ts';
import { takeSample } from './one-sample.ts';
import { sampleExporter } from './sample-exporter.ts';

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
	const exporter = sampleExporter(sample, queries);
	const faults: Fault[] = [...sample.warnings, ...exporter.faults].map((text) => ({
		status: 'CRITICAL',
		text,
	}));
	const { connection, readings } = sample.snapshot;
	if (connection.kind !== 'live') {
		tell(say, faults);
		say(`UNKNOWN   ${connection.kind === 'lost' ? connection.sentence : 'no answer in time'}`);
		return faults.length > 0 ? 'CRITICAL' : 'UNKNOWN';
	}
	say(`samplers  ${samplersLine(readings)}`);
	faults.push(...[...readings].flatMap(([id, reading]) => faultOf(id, reading)));
	if (
		![...readings].some(([id, { kind }]) => !id.startsWith('database/') && kind !== 'unavailable')
	) {
		faults.push({
			status: 'WARNING',
			text: 'no queue and no rollup in this database that it may read',
		});
	}
	tell(say, faults);
	say(`metrics   ${await metricsLine(exporter)}`);
	const { identity } = connection;
	const status = worst(faults.map((fault) => fault.status));
	say(
		`${status.padEnd(9)} ${identity.database}, Postgres ${identity.version}, as ${identity.user}`,
	);
	return status;
}

type Fault = { readonly status: CheckStatus; readonly text: string };

function tell(say: (line: string) => void, faults: readonly Fault[]): void {
	for (const { status, text } of faults) say(`${status.padEnd(9)} ${text}`);
}

/** A sampler that failed is a fault; one whose tables are here but not for this role may be one. */
function faultOf(id: string, reading: Reading): Fault[] {
	if (reading.kind === 'failed' || reading.kind === 'stale') {
		return [{ status: 'CRITICAL', text: `${id}: ${reading.failure.sentence}` }];
	}
	if (reading.kind === 'pending') return [{ status: 'CRITICAL', text: `${id} gave no answer` }];
	const isDenied = reading.kind === 'unavailable' && reading.reason.startsWith('no privilege');
	return isDenied ? [{ status: 'WARNING', text: `${id}: ${reading.reason}` }] : [];
}

const worst = (statuses: readonly CheckStatus[]): CheckStatus =>
	statuses.includes('CRITICAL') ? 'CRITICAL' : statuses.includes('WARNING') ? 'WARNING' : 'OK';

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

async function metricsLine(exporter: Exporter): Promise<string> {
	const [text] = await Promise.all([exporter.scrape('text'), exporter.scrape('openmetrics')]);
	const lines = String(text).split('\n');
	const series = lines.filter((line) => line !== '' && !line.startsWith('#')).length;
	const families = lines.filter((line) => line.startsWith('# TYPE ')).length;
	return `${series} series of ${families} metrics, in both formats`;
}
