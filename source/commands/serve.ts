import { once } from 'node:events';
import { compose, type Parts } from '../compose.ts';
import { type ListenAddress, resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import type { HealthEvent, Severity } from '../health/verdict.ts';
import type { CommandContext } from './command.ts';
import { createLog, type Log, type LogFormat, type LogLevel } from './log.ts';
import { prepareMetrics, type RunningMetrics } from './metrics-server.ts';
import { startRecording } from './record.ts';
import { stopParts } from './stop-parts.ts';

/** Where `tidemark serve` listens unless told otherwise. */
export const defaultAddress: ListenAddress = { host: '127.0.0.1', port: 9788 };

/** Serves /metrics without a terminal until told to end, then drains; nobody scrapes, nobody queries. */
export async function serve(context: CommandContext): Promise<number> {
	const { env, stderr, ending } = context;
	const config = resolveConfig(context);
	const log = createLog(stderr, logFormat(context.flags.logFormat));
	const onError = (error: unknown) => log('error', 'scrape-failed', `a scrape failed: ${error}`);
	const metrics = prepareMetrics({ env, config, onError });
	const target = await context.resolveTarget(context.args[0]);
	const parts = compose({ config, target, observe: metrics.observe });
	const stopRecording = await startRecording(parts, {
		flags: context.flags,
		config,
		target: target.label,
	});
	logEvents(parts, log);
	for (const warning of parts.warnings) log('warn', 'sampler', warning);
	try {
		const server = await metrics.start(parts, config.metrics ?? defaultAddress);
		for (const fault of server.exporter.faults) log('warn', 'metric', fault);
		announce(server, metrics.hasToken, log);
		// One sample at the start, so that a wrong address or password shows in the log at once.
		void server.exporter.readiness();
		if (!ending.aborted) await once(ending, 'abort');
		log('info', 'draining', 'told to end: answers under way are finished');
		await server.stop();
	} finally {
		await stopParts(parts);
		await stopRecording();
	}
	log('info', 'ended', 'ended');
	return 0;
}

function logFormat(flag: unknown): LogFormat {
	if (flag === undefined || flag === 'text') return 'text';
	if (flag === 'json') return 'json';
	throw new TidemarkError('config', `--log-format is text or json; it is "${flag}"`);
}

function announce({ host, port }: RunningMetrics, hasToken: boolean, log: Log): void {
	const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
	log('info', 'listening', `listening on ${url}`, { host, port, token: hasToken });
	if (!hasToken && !/^(127\.|::1$|localhost$)/.test(host)) {
		log('warn', 'open', `whoever reaches ${host}:${port} can read the metrics: set a token`);
	}
}

const levels: Readonly<Record<Severity, LogLevel>> = {
	ok: 'info',
	unknown: 'info',
	warn: 'warn',
	critical: 'error',
};

/** What the event line of the console would show goes to the log, each line once. */
function logEvents({ monitor }: Parts, log: Log): void {
	let last: HealthEvent | undefined;
	monitor.subscribe(() => {
		const { events } = monitor.current();
		const fresh = events.slice(last ? events.lastIndexOf(last) + 1 : 0);
		for (const { severity, text } of fresh) log(levels[severity], 'health', text, { severity });
		last = events.at(-1);
	});
}
