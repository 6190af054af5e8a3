import { catalogue } from "../text/language";

export const transferText = catalogue({
  en: {
    export: "Export",
    import: "Import",
    importOf: (what: string) => `Import: ${what}`,
    importing: "Importing…",
    done: "Imported. It goes to all clusters.",
    nothing: "There is nothing to export.",
    file: "From a file",
    content: "YAML",
    contentHint:
      "As an export gives it, or custom resources of NeuVector. What is there under the same name is changed.",
    replace: "Remove what the file does not hold",
  },
  zh: {
    export: "导出",
    import: "导入",
    importOf: (what: string) => `导入：${what}`,
    importing: "正在导入…",
    done: "已导入，正在发往所有集群。",
    nothing: "没有可导出的内容。",
    file: "从文件读取",
    content: "YAML",
    contentHint: "导出所得的内容，或 NeuVector 的自定义资源。同名的内容将被修改。",
    replace: "移除文件中没有的内容",
  },
});
