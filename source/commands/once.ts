import { packageVersion } from '../lib/version.ts';
import { livingNames } from '../metrics/own-families.ts';
import { QueryMetrics } from '../metrics/query-metrics.ts';
import type { CommandContext } from './command.ts';
import { onceDocument } from './once-document.ts';
import { onceSchema } from './once-schema.ts';
import { onceTables } from './once-tables.ts';
import { filterSample, type SampleFilter, takeSample } from './one-sample.ts';
import { sampleExporter } from './sample-exporter.ts';
import { tellFaults } from './tell-faults.ts';

/** One sample to standard output: as tables, as JSON, or as /metrics has it; 1 when none could be had. */
export async function once(context: CommandContext): Promise<number> {
	const { flags, stdout, stderr } = context;
	if (flags.schema) {
		stdout.write(`${JSON.stringify(onceSchema, undefined, '\t')}\n`);
		return 0;
	}
	const queries = new QueryMetrics();
	const sample = filterSample(await takeSample(context, queries.observe), flags as SampleFilter);
	tellFaults(context, sample.warnings);
	const { connection } = sample.snapshot;
	const isLive = connection.kind === 'live';
	if (flags.json) {
		stdout.write(`${JSON.stringify(onceDocument(sample, packageVersion()))}\n`);
	} else if (flags.openmetrics) {
		const exporter = sampleExporter(sample, queries, { untold: livingNames });
		tellFaults(context, exporter.faults);
		stdout.write(await exporter.scrape('openmetrics'));
	} else if (isLive) stdout.write(onceTables(sample));
	if (connection.kind === 'lost') stderr.write(`${connection.sentence}\n`);
	return isLive ? 0 : 1;
}
