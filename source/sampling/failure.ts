import type { Sampler } from '../catalog/sampler.ts';
import { sqlstateOf } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { sessionSettings } from '../postgres/message.ts';
import type { SamplerFailure } from './reading.ts';

const longestMessage = 200;

/** What a failed query means to the person at the screen: one sentence with what to do. */
export function failureOf(sampler: Sampler, timeoutMs: number, error: Error): SamplerFailure {
	const sqlstate = sqlstateOf(error);
	const message = sanitise(error.message, { maxLength: longestMessage });
	return {
		sentence: sentence(sampler, timeoutMs, sqlstate, message),
		...(sqlstate === undefined ? {} : { sqlstate }),
	};
}

function sentence(
	sampler: Sampler,
	timeoutMs: number,
	sqlstate: string | undefined,
	message: string,
): string {
	switch (sqlstate) {
		case '57014':
			return `cancelled by the server after its limit of ${timeoutMs} ms; it is asked less often now`;
		case '55P03':
			return `a lock kept it waiting for ${sessionSettings.lock_timeout} ms; look for ALTER TABLE or VACUUM FULL`;
		case '42501':
			return `${message}; grant it to this role (sql/roles.sql)`;
		case '25006':
			return `tried to write, and samplers may only read: ${sampler.file}`;
		case '42P01':
		case '42703':
		case '42883':
			return `the schema has changed: ${message}`;
		default:
			return message;
	}
}
