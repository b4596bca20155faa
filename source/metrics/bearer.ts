import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TidemarkError } from '../errors.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Checks an Authorization header against a token. Both are hashed first, so that the comparison
 * takes the same time whatever was sent, its length included.
 */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
	const expected = digest(token);
	return (authorization) => {
		const [, sent = ''] = /^bearer +(.*)$/i.exec(authorization ?? '') ?? [];
		return timingSafeEqual(digest(sent), expected);
	};
}

/** Where a token may come from; the file wins. */
export type TokenSource = {
	readonly file: string | undefined;
	/** `TIDEMARK_METRICS_TOKEN`. */
	readonly variable: string | undefined;
};

/**
 * The token that scrapers must show; undefined: none is asked for. Neither it nor what is wrong with
 * it is ever printed.
 * @throws TidemarkError of kind `config` when the file can't be read, or holds no usable token
 */
export function readToken({ file, variable }: TokenSource): string | undefined {
	const origin = file ?? 'TIDEMARK_METRICS_TOKEN';
	const text = file === undefined ? variable : readTokenFile(file);
	if (text === undefined) return undefined;
	const token = text.trim();
	// RFC 6750, section 2.1: what fits into the header.
	if (!/^[A-Za-z0-9._~+/-]{8,}=*$/.test(token)) {
		throw new TidemarkError(
			'config',
			`${origin} holds no token: one word of at least 8 letters, digits or ._~+/-`,
		);
	}
	return token;
}

function readTokenFile(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		throw new TidemarkError('config', `the token file ${file} can't be read: ${code}`, { cause });
	}
}
