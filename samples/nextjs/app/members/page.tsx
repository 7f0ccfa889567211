export default function Page() {
  return <p>Only members see this.</p>
}
