/** The shape of a list, until it is there. */
export function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      {[62, 44, 71, 38].map((width) => (
        <div key={width} className="row">
          <span className="check" />
          <span className="bone" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
