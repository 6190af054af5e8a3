import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useEffect } from "react";

import { seen } from "../text/turns";

interface Props {
  title: string;
  /** Where the page belongs. */
  parent?: { to: string; text: string };
  /** Beside the title: state and the like. */
  beside?: ReactNode;
  actions?: ReactNode;
  lead?: ReactNode;
  children: ReactNode;
}

/** The frame of a page: title, actions, content. */
export function Page({ title, parent, beside, actions, lead, children }: Props) {
  useEffect(() => {
    document.title = seen(`${title} · Palisade`);
  }, [title]);
  return (
    <>
      <div className="page-head">
        <div>
          {parent && (
            <p className="crumb">
              <Link to={parent.to as never}>{parent.text}</Link>
              <ChevronRight aria-hidden size={14} />
            </p>
          )}
          <div className="title-line">
            <h1>{title}</h1>
            {beside}
          </div>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}

/** A list of names and values. */
export function Facts({ of }: { of: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A part of a page with a title of its own. */
export function Card({
  title,
  children,
  actions,
  wide,
  half,
}: {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** Whether it takes all columns. */
  wide?: boolean;
  /** Whether it takes half of them, where there is room for two beside each other. */
  half?: boolean;
}) {
  return (
    <section
      className={["card", wide && "wide", half && "half"].filter(Boolean).join(" ")}
      aria-label={title}
    >
      <div className="card-head">
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
