using System.Collections.Frozen;

namespace Bulwark.Scanning.Keras;

/// <summary>Names that Keras itself gives a meaning to.</summary>
internal static class KerasNames
{
    /// <summary>Functions of keras.activations, losses, metrics, initializers, regularizers and constraints, under all names they are saved by.</summary>
    public static readonly FrozenSet<string> Functions = Set("""
        relu relu6 softmax elu selu softplus softsign silu swish gelu glu tanh sigmoid exponential hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink
        soft_shrink tanh_shrink linear leaky_relu celu mish log_softmax log_sigmoid squareplus sparse_plus sparse_sigmoid sparsemax threshold rms_normalization
        mean_squared_error mse MSE mean_absolute_error mae MAE mean_absolute_percentage_error mape MAPE mean_squared_logarithmic_error msle MSLE
        squared_hinge hinge categorical_hinge logcosh log_cosh huber huber_loss categorical_crossentropy sparse_categorical_crossentropy binary_crossentropy
        binary_focal_crossentropy categorical_focal_crossentropy kullback_leibler_divergence kld KLD kl_divergence poisson cosine_proximity cosine_similarity
        cosine dice tversky circle ctc ctc_loss categorical_generalized_cross_entropy accuracy acc binary_accuracy categorical_accuracy
        sparse_categorical_accuracy top_k_categorical_accuracy sparse_top_k_categorical_accuracy matthews_correlation precision recall
        zeros ones zero one constant uniform normal random_uniform random_normal truncated_normal identity orthogonal glorot_uniform glorot_normal he_uniform
        he_normal lecun_uniform lecun_normal variance_scaling stft l1 l2 l1_l2 l1l2 orthogonal_regularizer max_norm maxnorm min_max_norm non_neg nonneg
        unit_norm unitnorm
        """);

    /// <summary>Classes of Keras 1 to 3, saved without the module they are from.</summary>
    public static readonly FrozenSet<string> Classes = Set("""
        Model Sequential Functional Network Container Graph Layer InputLayer InputSpec Input Dense EinsumDense Activation Embedding ReversibleEmbedding Masking Lambda
        Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1DTranspose
        Convolution2DTranspose Convolution3DTranspose Deconvolution2D Deconvolution3D AtrousConvolution1D AtrousConvolution2D SeparableConv1D SeparableConv2D
        SeparableConvolution1D SeparableConvolution2D DepthwiseConv1D DepthwiseConv2D LocallyConnected1D LocallyConnected2D Cropping1D Cropping2D Cropping3D
        UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D MaxPooling1D MaxPooling2D MaxPooling3D MaxPool1D MaxPool2D MaxPool3D
        AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool1D
        GlobalMaxPool2D GlobalMaxPool3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
        RNN SimpleRNN SimpleRNNCell GRU GRUCell GRUV1 GRUV2 LSTM LSTMCell LSTMV1 LSTMV2 CuDNNGRU CuDNNLSTM StackedRNNCells PeepholeLSTMCell ConvLSTM1D ConvLSTM2D
        ConvLSTM3D ConvRNN2D ConvLSTM2DCell AbstractRNNCell Bidirectional TimeDistributed TimeDistributedDense Wrapper SpectralNormalization
        BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization
        Normalization Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise ActivityRegularization
        Reshape Permute RepeatVector Flatten Highway MaxoutDense Merge Add Subtract Multiply Average Maximum Minimum Concatenate Dot
        ReLU LeakyReLU PReLU ELU ThresholdedReLU ParametricSoftplus SReLU Softmax Softplus Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
        GroupedQueryAttention DenseFeatures Discretization Hashing HashedCrossing CategoryEncoding CategoryCrossing IntegerLookup StringLookup IndexLookup
        TextVectorization Resizing Rescaling CenterCrop RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom RandomHeight RandomWidth RandomContrast
        RandomBrightness RandomShear RandomHue RandomSaturation RandomColorJitter RandomColorDegeneration RandomGrayscale RandomPosterization RandomSharpness
        RandomPerspective RandomGaussianBlur RandomErasing RandomInvert RandomElasticTransform AutoContrast Equalization Solarization MixUp CutMix AugMix RandAugment
        Pipeline MaxNumBoundingBoxes MelSpectrogram STFTSpectrogram FeatureSpace PreprocessingStage Identity JaxLayer FlaxLayer TFSMLayer TorchModuleWrapper
        TensorFlowOpLayer TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty AddLoss AddMetric KerasTensor SequenceFeatures LinearModel
        WideDeepModel Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal VarianceScaling Orthogonal OrthogonalInitializer IdentityInitializer
        GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform STFTInitializer STFT Initializer L1 L2 L1L2 WeightRegularizer ActivityRegularizer
        OrthogonalRegularizer Regularizer MaxNorm MinMaxNorm NonNeg UnitNorm RadialConstraint Constraint
        SGD RMSprop RMSProp Adagrad Adadelta Adam AdamW Adamax Nadam Ftrl Lion Adafactor LossScaleOptimizer LossScaleOptimizerV3 TFOptimizer Optimizer Muon Lamb
        ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts LearningRateSchedule
        DynamicLossScale FixedLossScale PolicyV1 Policy DTypePolicy FloatDTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy GPTQDTypePolicy
        DTypePolicyMap QuantizedInt4DTypePolicy AbsMaxQuantizer Quantizer SeedGenerator
        MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
        CategoricalFocalCrossentropy SparseCategoricalCrossentropy Poisson KLDivergence CosineSimilarity Huber LogCosh Hinge SquaredHinge CategoricalHinge CTC Dice
        Tversky Circle CategoricalGeneralizedCrossEntropy LossFunctionWrapper Loss Metric Mean Sum MeanTensor MeanMetricWrapper SumOverBatchSizeMetricWrapper
        SumOverBatchSize Reduce ReduceMetric Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy
        SparseTopKCategoricalAccuracy AUC Precision Recall TruePositives TrueNegatives FalsePositives FalseNegatives SensitivityAtSpecificity
        SpecificityAtSensitivity PrecisionAtRecall RecallAtPrecision F1Score FBetaScore R2Score PearsonCorrelation ConcordanceCorrelation IoU BinaryIoU MeanIoU
        OneHotIoU OneHotMeanIoU MeanRelativeError RootMeanSquaredError LogCoshError CompileMetrics CompileLoss MetricsContainer LossesContainer
        function type TensorShape TypeSpec TensorSpec RaggedTensorSpec SparseTensorSpec CompositeTensor Dimension DType NoneType tuple slice
        __tuple__ __tensor__ __numpy__ __bytes__ __ellipsis__ __slice__ __typespec__ __list__ __dict__ __set__ ndarray
        NumericColumn BucketizedColumn EmbeddingColumn IndicatorColumn CrossedColumn VocabularyListCategoricalColumn IdentityCategoricalColumn HashedCategoricalColumn
        """);

    /// <summary>Layers that look words up in a vocabulary.</summary>
    public static readonly FrozenSet<string> Lookups = Set("StringLookup IntegerLookup IndexLookup TextVectorization WordPieceTokenizer BytePairTokenizer SentencePieceTokenizer ByteTokenizer UnicodeCodepointTokenizer Tokenizer");

    /// <summary>Functions that run code, download, load or unlock, in Keras, TensorFlow or Python, by the last part of their name.</summary>
    public static readonly FrozenSet<string> Gadgets = Set("""
        get_file enable_unsafe_deserialization func_load func_dump load_model load_weights load_own_variables model_from_json model_from_yaml model_from_config
        clone_model load_data load_img image_dataset_from_directory text_dataset_from_directory audio_dataset_from_directory deserialize_keras_object
        load_op_library load_file_system_library load_library load_plugin_library py_function numpy_function py_func eager_py_func read_file write_file
        ReadFile WriteFile MatchingFiles matching_files save_model save_weights pickle_model unpickle_model
        eval exec execfile compile system popen spawn open getattr setattr __import__ import_module globals locals vars breakpoint input
        attrgetter methodcaller itemgetter check_output check_call Popen getoutput call run_command run_module run_path load_module urlopen urlretrieve
        """);

    /// <summary>Those of them that are nothing else wherever they stand, not only where a function is named.</summary>
    public static readonly FrozenSet<string> Unmistakable = Set("get_file enable_unsafe_deserialization func_load load_op_library load_file_system_library py_function numpy_function eager_py_func __import__ import_module");

    private static FrozenSet<string> Set(string words) =>
        words.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
