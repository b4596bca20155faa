import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';
import { formatTime } from '../lib/format.ts';
import { historyLimits } from '../sampling/history/history.ts';
import type { Environment } from '../ui/console-context.ts';

/** Between two samples, in ms: what is usual for a scrape, and enough for any chart. */
const stepMs = 15_000;
/** A Prometheus that can't be asked is asked again, but seldom: it is told once. */
const againMs = 5 * 60_000;

/**
 * Fills the trends of before the start from the Prometheus of `--prometheus`, where that is given:
 * beside the screen, once, and again after a while where that failed.
 * @returns what ends it
 * @throws TidemarkError of kind `config` for a wrong address, or a file that can't be read
 */
export async function startBorrowing(
	{ store, monitor }: Pick<Parts, 'store' | 'monitor'>,
	config: Pick<Config, 'prometheus' | 'prometheusAuthFile' | 'prometheusMatch'>,
	environment: Environment,
): Promise<() => void> {
	if (config.prometheus === '') return () => {};
	const { prometheusOf } = await import('../prometheus/settings.ts');
	const prometheus = prometheusOf(config.prometheus, config.prometheusAuthFile);
	const ending = new AbortController();
	const { signal } = ending;
	let timer: NodeJS.Timeout | undefined;
	let told = '';
	const startedMs = Math.floor(Date.now() / stepMs) * stepMs;
	const ask = async () => {
		const [{ borrow }, { panelsOf }] = await Promise.all([
			import('../prometheus/borrow.ts'),
			import('../ui/panels/all-panels.ts'),
		]);
		const borrowings = panelsOf(environment).flatMap(({ series: { read, metric } }) =>
			metric ? [{ read, metric }] : [],
		);
		const range = { fromMs: startedMs - historyLimits.keepMs, toMs: startedMs, stepMs };
		try {
			const match = config.prometheusMatch;
			const borrowed = await borrow(borrowings, { prometheus, match, range, signal });
			if (signal.aborted) return;
			if (borrowed) store.history.borrow(borrowed);
			const text = borrowed
				? `charts of before ${formatTime(startedMs)} are filled from Prometheus at ${borrowed.from}`
				: `Prometheus at ${prometheus.url.host} has none of these metrics: charts begin at the start`;
			monitor.tell('ok', text);
		} catch (error) {
			if (signal.aborted) return;
			const { message } = error as Error;
			if (message !== told) monitor.tell('warn', `${message}; charts begin at the start`);
			told = message;
			timer = setTimeout(() => void ask(), againMs);
		}
	};
	void ask();
	return () => {
		clearTimeout(timer);
		ending.abort();
	};
}
