import type { ReactNode } from 'react';
import type { User } from '../slack/types.ts';

/** A person's letters on their colour, a life ring for the app; decoration beside the name, so not read out. */
export function Avatar({ user }: { readonly user: User | undefined }): ReactNode {
  const style = { backgroundColor: `#${user?.color ?? '546270'}` };
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {user?.is_bot === true ? <LifeRing /> : (user?.initials ?? '!')}
    </span>
  );
}

function LifeRing(): ReactNode {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" aria-hidden="true">
      <circle cx="12" cy="12" r="7.5" strokeWidth="4.5" />
      <g stroke="#c2410c" strokeWidth="2.2">
        <path d="M5 5 9.3 9.3M14.7 14.7 19 19M19 5 14.7 9.3M9.3 14.7 5 19" />
      </g>
    </svg>
  );
}
