/** A band stretched around two people. */
export function Logo({ size = 32 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect className="logo-ground" width="32" height="32" rx="9" />
      <path className="logo-band" d="M18.4 8.09A7.5 7.5 0 1 0 8.09 18.4L20.42 25.91A4 4 0 0 0 25.91 20.42Z" />
      <circle className="logo-near" cx="12" cy="12" r="3.4" />
      <circle className="logo-far" cx="22.5" cy="22.5" r="1.7" />
    </svg>
  );
}
