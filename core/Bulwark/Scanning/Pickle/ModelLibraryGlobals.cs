namespace Bulwark.Scanning.Pickle;

/// <summary>Classes of other libraries that model files hold: joblib, pandas, gradient boosting, training arguments, vision models.</summary>
/// <remarks>Each is a plain class or enumeration whose unpickling only sets attributes or reads its own bytes; for the training libraries the list of trailofbits/fickling (fickling/ml.py) was the guide.</remarks>
internal static class ModelLibraryGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        accelerate.state:: PartialState
        accelerate.utils.dataclasses: DistributedType
        accelerate.utils.dataclasses:: DeepSpeedPlugin
        accelerate.utils.deepspeed:: HfDeepSpeedConfig
        catboost.core:: CatBoost CatBoostClassifier CatBoostRegressor
        dateutil.tz.tz: tzutc tzlocal tzoffset
        dill._dill: _create_array
        joblib.numpy_pickle: NumpyArrayWrapper
        lightgbm.basic:: Booster
        lightgbm.sklearn:: LGBMModel LGBMClassifier LGBMRegressor LGBMRanker _EvalFunctionWrapper _ObjectiveFunctionWrapper
        lightning.pytorch.callbacks.early_stopping:: EarlyStopping
        lightning.pytorch.callbacks.model_checkpoint:: ModelCheckpoint
        lightning.pytorch.utilities.parsing: AttributeDict
        omegaconf.base:: ContainerMetadata Metadata
        omegaconf.dictconfig:: DictConfig
        omegaconf.listconfig:: ListConfig
        omegaconf.nodes:: AnyNode StringNode IntegerNode FloatNode BooleanNode
        pandas:: DataFrame Series
        pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
        pandas._libs.arrays:: NDArrayBacked
        pandas._libs.interval: __pyx_unpickle_IntervalMixin Interval
        pandas._libs.internals: _unpickle_block BlockPlacement BlockManager
        pandas._libs.missing: NAType C_NA NA
        pandas._libs.sparse: IntIndex BlockIndex
        pandas._libs.tslibs.nattype: _nat_unpickle __nat_unpickle NaTType
        pandas._libs.tslibs.offsets: Day Hour Minute Second Milli Micro Nano MonthEnd MonthBegin BusinessDay Week YearEnd YearBegin QuarterEnd QuarterBegin
        pandas._libs.tslibs.period: _period_unpickle
        pandas._libs.tslibs.timedeltas: _timedelta_unpickle Timedelta
        pandas._libs.tslibs.timestamps: _unpickle_timestamp Timestamp
        pandas.core.arrays.boolean: BooleanDtype
        pandas.core.arrays.boolean:: BooleanArray
        pandas.core.arrays.categorical:: Categorical
        pandas.core.arrays.datetimes:: DatetimeArray
        pandas.core.arrays.floating: Float32Dtype Float64Dtype
        pandas.core.arrays.floating:: FloatingArray
        pandas.core.arrays.integer: Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype
        pandas.core.arrays.integer:: IntegerArray
        pandas.core.arrays.interval:: IntervalArray
        pandas.core.arrays.numpy:: PandasArray NumpyExtensionArray
        pandas.core.arrays.numpy_:: PandasArray NumpyExtensionArray
        pandas.core.arrays.period:: PeriodArray
        pandas.core.arrays.sparse.array:: SparseArray
        pandas.core.arrays.sparse.dtype: SparseDtype
        pandas.core.arrays.string_: StringDtype
        pandas.core.arrays.string_:: StringArray
        pandas.core.arrays.timedeltas:: TimedeltaArray
        pandas.core.dtypes.dtypes: CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype NumpyEADtype
        pandas.core.flags: Flags
        pandas.core.frame:: DataFrame
        pandas.core.indexes.base: _new_Index
        pandas.core.indexes.base:: Index
        pandas.core.indexes.category:: CategoricalIndex
        pandas.core.indexes.datetimes: _new_DatetimeIndex
        pandas.core.indexes.datetimes:: DatetimeIndex
        pandas.core.indexes.frozen: FrozenList
        pandas.core.indexes.interval:: IntervalIndex
        pandas.core.indexes.multi:: MultiIndex
        pandas.core.indexes.numeric:: Int64Index UInt64Index Float64Index
        pandas.core.indexes.period: _new_PeriodIndex
        pandas.core.indexes.period:: PeriodIndex
        pandas.core.indexes.range:: RangeIndex
        pandas.core.indexes.timedeltas:: TimedeltaIndex
        pandas.core.internals.blocks: new_block
        pandas.core.internals.managers: BlockManager SingleBlockManager
        pandas.core.series:: Series
        pyannote.audio.core.task: Specifications Problem Resolution
        pytorch_lightning.callbacks.early_stopping:: EarlyStopping
        pytorch_lightning.callbacks.model_checkpoint:: ModelCheckpoint
        pytorch_lightning.utilities.parsing: AttributeDict
        pytz: _UTC _p UTC
        sentence_transformers.training_args: BatchSamplers MultiDatasetBatchSamplers
        sentence_transformers.training_args:: SentenceTransformerTrainingArguments
        tokenizers: AddedToken
        tokenizers:: Tokenizer
        tokenizers.models:: Model
        torchvision.models.alexnet:: AlexNet
        torchvision.models.densenet:: DenseNet _DenseBlock _DenseLayer _Transition
        torchvision.models.googlenet:: Inception3 GoogLeNet Inception BasicConv2d
        torchvision.models.inception:: Inception3 GoogLeNet Inception BasicConv2d
        torchvision.models.mobilenetv2:: MobileNetV2 InvertedResidual ConvBNReLU
        torchvision.models.resnet:: ResNet BasicBlock Bottleneck
        torchvision.models.squeezenet:: SqueezeNet Fire
        torchvision.models.vgg:: VGG
        transformers.deepspeed:: HfTrainerDeepSpeedConfig HfDeepSpeedConfig
        transformers.integrations.deepspeed:: HfTrainerDeepSpeedConfig HfDeepSpeedConfig
        transformers.tokenization_utils_base: BatchEncoding AddedToken
        transformers.trainer_pt_utils:: AcceleratorConfig
        transformers.trainer_utils: IntervalStrategy SchedulerType HubStrategy EvaluationStrategy FSDPOption SaveStrategy ShardedDDPOption
        transformers.training_args: OptimizerNames ParallelMode
        transformers.training_args:: TrainingArguments
        transformers.training_args_seq2seq:: Seq2SeqTrainingArguments
        transformers.utils.generic: PaddingStrategy
        transformers.utils.generic:: ExplicitEnum
        trl.trainer.dpo_config:: DPOConfig
        trl.trainer.grpo_config:: GRPOConfig
        trl.trainer.kto_config:: KTOConfig
        trl.trainer.sft_config:: SFTConfig
        ultralytics.nn.modules.block:: SPPF DFL Bottleneck BottleneckCSP C1 C2 C2f C3 C3k C3k2 C3TR C2PSA PSABlock Proto Attention SPP
        ultralytics.nn.modules.conv:: Conv Concat DWConv ConvTranspose Focus
        ultralytics.nn.modules.head:: Detect Segment Classify Pose OBB
        ultralytics.utils: IterableSimpleNamespace
        ultralytics.utils.loss:: v8DetectionLoss v8SegmentationLoss v8ClassificationLoss v8PoseLoss BboxLoss
        ultralytics.utils.tal:: TaskAlignedAssigner
        xgboost.core:: Booster
        xgboost.sklearn:: XGBModel XGBClassifier XGBRegressor XGBRanker XGBRFClassifier XGBRFRegressor
        """;
}
