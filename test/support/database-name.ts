/** The migrated database that test files clone. */
export const templateName = (prefix: string) => `${prefix}_template`;

/** `url` with another database in it. */
export function databaseUrl(url: string, database: string): string {
	const changed = new URL(url);
	changed.pathname = `/${database}`;
	return changed.href;
}
