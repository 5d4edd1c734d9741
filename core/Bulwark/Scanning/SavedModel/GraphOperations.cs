using System.Collections.Frozen;

namespace Bulwark.Scanning.SavedModel;

/// <summary>What operations of TensorFlow do beyond computing.</summary>
/// <remarks>
/// Gathered from TensorFlow's own list of operations (tensorflow/core/ops), modelscan's and modelaudit's lists. Operations that only look alike, such
/// as InitializeTableV2, which fills a table from tensors, are none of these.
/// </remarks>
internal static class GraphOperations
{
    private static readonly FrozenDictionary<string, ScanRule> Rules = Build();

    private static readonly string[] Words = ["Shell", "Popen", "Subprocess", "ExecCommand", "ExecuteCommand", "RunCommand", "SystemCall", "Eval", "HttpRequest", "Download", "Upload", "Socket", "ReverseTcp", "Backdoor", "Exfil"];

    /// <summary>The rule for an operation; null when it only computes.</summary>
    public static ScanRule? Judge(string operation)
    {
        if (Rules.TryGetValue(operation, out ScanRule? rule))
            return rule;
        if (operation.StartsWith("PyFunc", StringComparison.Ordinal) || operation.EndsWith("PyFunc", StringComparison.Ordinal))
            return SavedModelRules.Python;
        if (operation.Contains('>', StringComparison.Ordinal) || !IsName(operation))
            return SavedModelRules.Custom;
        return Words.Any(word => operation.Contains(word, StringComparison.Ordinal)) ? SavedModelRules.System : null;
    }

    /// <summary>Whether an operation saves to or restores from files that its first input names, as every exported model does.</summary>
    public static bool IsSaving(string operation) => operation is "SaveV2" or "RestoreV2" or "MergeV2Checkpoints" or "Save" or "SaveSlices" or "Restore" or "RestoreSlice" or "ShardedFilename"
        or "InitializeTableFromTextFile" or "InitializeTableFromTextFileV2" or "ReadFile" or "WriteFile";

    private static bool IsName(string operation)
    {
        foreach (char c in operation)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c == '_'))
                return false;
        }

        return operation.Length > 0;
    }

    private static FrozenDictionary<string, ScanRule> Build()
    {
        var rules = new Dictionary<string, ScanRule>(StringComparer.Ordinal);
        void Add(ScanRule rule, string operations)
        {
            foreach (string operation in operations.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
                rules.Add(operation, rule);
        }

        Add(SavedModelRules.Python, "PyFunc PyFuncStateless EagerPyFunc PyCall PythonOp NumpyFunction");
        Add(SavedModelRules.Files, """
            ReadFile WriteFile MatchingFiles MatchingFilesDataset ExperimentalMatchingFilesDataset WholeFileReader WholeFileReaderV2 AppendFile DeleteFile CopyFile RenameFile
            FileSystemSetConfiguration
            """);
        Add(SavedModelRules.System, """
            ShellExecute ExecuteOp SystemConfig LoadLibrary LoadOpLibrary RpcCall Rpc TryRpc RpcClient RpcServer RpcServerRegister RpcServerStart RpcGetValue RpcCheckStatus
            DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset RegisterDatasetV2 DistributedSave
            BigQueryReader BigQueryClient BigtableClient GcsConfigureCredentials GcsConfigureBlockCache RemoteFusedGraphExecute RemoteCall SqlDataset ExperimentalSqlDataset
            DebugIdentity DebugIdentityV2 DebugIdentityV3 XlaCustomCall XlaCustomCallV2
            """);
        Add(SavedModelRules.Checkpoint, "MergeV2Checkpoints Save SaveSlices Restore RestoreSlice LoadAndRemapMatrix CheckpointConverter GenerateVocabRemapping");
        Add(SavedModelRules.Input, """
            TextLineDataset TextLineReader TextLineReaderV2 TFRecordDataset TFRecordDatasetV2 TFRecordReader TFRecordReaderV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2
            FixedLengthRecordReader FixedLengthRecordReaderV2 LMDBReader LMDBDataset ExperimentalLMDBDataset CSVDataset CSVDatasetV2 ExperimentalCSVDataset SaveDataset SaveDatasetV2
            LoadDataset SnapshotDataset SnapshotDatasetV2 SnapshotNestedDatasetReader CacheDataset CacheDatasetV2 CreateSummaryFileWriter CreateSummaryDbWriter SummaryWriter ImportEvent
            WriteSummary WriteRawProtoSummary WriteGraphSummary WriteScalarSummary WriteImageSummary WriteAudioSummary WriteHistogramSummary FlushSummaryWriter CloseSummaryWriter
            ReaderRead ReaderReadV2 ReaderReadUpTo ReaderReadUpToV2 Abort DebugNumericSummary DebugNumericSummaryV2
            """);
        return rules.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
