import { sanitise } from '../lib/text.ts';

/** How bad a line of the log is. */
export type LogLevel = 'info' | 'warn' | 'error';

/** What else a line says; numbers stay numbers in JSON. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Writes one line: a level, what happened in one word, a sentence, and what else there is. */
export type Log = (level: LogLevel, event: string, message: string, fields?: LogFields) => void;

/** The two forms of a line: for people and for machines. */
export type LogFormat = 'text' | 'json';

/** A log that writes to `stream`. Every text is sanitised: a line stays a line. */
export function createLog(
	stream: Pick<NodeJS.WritableStream, 'write'>,
	format: LogFormat,
	now: () => number = Date.now,
): Log {
	return (level, event, message, fields = {}) => {
		const time = new Date(now()).toISOString();
		const clean = Object.fromEntries(
			Object.entries(fields).map(([name, value]) => [
				name,
				typeof value === 'string' ? sanitise(value) : value,
			]),
		);
		const line =
			format === 'json'
				? JSON.stringify({ time, level, event, message: sanitise(message), ...clean })
				: `${time} ${level.padEnd(5)} ${sanitise(message)}`;
		stream.write(`${line}\n`);
	};
}
