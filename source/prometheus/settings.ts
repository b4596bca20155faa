import { readFileSync } from 'node:fs';
import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import type { Prometheus } from './ask-range.ts';

/**
 * Where to ask, and with which header. The file holds `bearer TOKEN`, `basic USER:PASSWORD`, or a
 * token alone; nothing of it is ever printed.
 * @throws TidemarkError of kind `config` for what is no address, holds a password, or can't be read
 */
export function prometheusOf(address: string, authFile: string): Prometheus {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
		throw new TidemarkError('config', '--prometheus is an address such as http://prometheus:9090');
	}
	if (url.username !== '' || url.password !== '') {
		throw new TidemarkError(
			'config',
			'--prometheus takes no user or password in its address: put them into a file, for --prometheus-auth-file',
		);
	}
	return authFile === '' ? { url } : { url, authorization: authorizationOf(authFile) };
}

function authorizationOf(file: string): string {
	let text: string;
	try {
		text = readFileSync(file, 'utf8').trim();
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		throw new TidemarkError('config', `${sanitise(file)} can't be read: ${code}`, { cause });
	}
	const [, scheme = 'bearer', secret = ''] = /^(?:(bearer|basic) +)?([!-~]+)$/i.exec(text) ?? [];
	const isBasic = scheme.toLowerCase() === 'basic';
	if (secret === '' || (isBasic && !secret.includes(':'))) {
		throw new TidemarkError(
			'config',
			`${sanitise(file)} holds no line such as "bearer TOKEN" or "basic USER:PASSWORD"`,
		);
	}
	return isBasic ? `Basic ${Buffer.from(secret).toString('base64')}` : `Bearer ${secret}`;
}
