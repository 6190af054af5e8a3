/** The product's mark: pales side by side. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" className="mark">
      <path
        d="M2 7l2.5-3L7 7v13H2zM9.5 5L12 2l2.5 3v15h-5zM17 7l2.5-3L22 7v13h-5z"
        fill="currentColor"
      />
      <path d="M1 11h22v2.500H1z" fill="currentColor" opacity=".55" />
    </svg>
  );
}
