import type { Parts } from '../compose.ts';
import type { Config, ListenAddress } from '../config.ts';
import { packageVersion } from '../lib/version.ts';
import { bearerCheck, readToken } from '../metrics/bearer.ts';
import { createExporter, type Exporter } from '../metrics/exporter.ts';
import { listen, type MetricsServer } from '../metrics/http-server.ts';
import { QueryMetrics } from '../metrics/query-metrics.ts';
import type { CommandContext } from './command.ts';

/** What serves /metrics, made in two steps: the parts must report to it from their start. */
export type PreparedMetrics = {
	readonly observe: QueryMetrics['observe'];
	readonly hasToken: boolean;
	/** @throws TidemarkError when a metric can't be exposed, or the address can't be had */
	start(parts: Parts, address: ListenAddress): Promise<RunningMetrics>;
};

/** A server with what it answers from. */
export type RunningMetrics = Omit<MetricsServer, 'close'> & {
	readonly exporter: Exporter;
	/** Drains: answers under way are finished. */
	stop(): Promise<void>;
};

/** What is needed of the context and the settings. */
export type MetricsOptions = Pick<CommandContext, 'env'> & {
	readonly config: Config;
	readonly onError?: (error: unknown) => void;
};

/** @throws TidemarkError of kind `config` when the token can't be read */
export function prepareMetrics({ env, config, onError }: MetricsOptions): PreparedMetrics {
	const queries = new QueryMetrics();
	const file = config.metricsTokenFile || undefined;
	const token = readToken({ file, variable: env.TIDEMARK_METRICS_TOKEN });
	return {
		observe: queries.observe,
		hasToken: token !== undefined,
		async start({ samplers, store, loop }, address) {
			const exporter = createExporter({
				samplers,
				store,
				loop,
				queries,
				ttlMs: config.cacheTtlMs,
				version: packageVersion(),
			});
			const { close: stop, ...server } = await listen({
				...address,
				exporter,
				...(token !== undefined && { isAuthorised: bearerCheck(token) }),
				...(onError && { onError }),
			});
			return { ...server, exporter, stop };
		},
	};
}
