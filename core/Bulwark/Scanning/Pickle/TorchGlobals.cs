namespace Bulwark.Scanning.Pickle;

/// <summary>What torch.load(weights_only=True) lets through, and the modules and optimizers that pickled PyTorch models consist of.</summary>
/// <remarks>torch/_weights_only_unpickler.py; torch 1.13 read class by class, and 2.x names. torch.fx, torch.jit, torch.package and torch.hub are left out: unpickling their objects compiles or fetches code.</remarks>
internal static class TorchGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        torch: DoubleStorage FloatStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage
          ComplexFloatStorage ComplexDoubleStorage QInt8Storage QUInt8Storage QInt32Storage QUInt4x2Storage QUInt2x4Storage DoubleTensor FloatTensor
          HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor CharTensor ByteTensor BoolTensor Tensor Size device Generator UntypedStorage TypedStorage
          finfo iinfo
        torch:: ScriptObject float16 float32 float64 float half double bfloat16 int8 int16 int32 int64 short int long uint8 uint16 uint32 uint64 bool complex32 complex64
          complex128 chalf cfloat cdouble qint8 quint8 qint32 quint4x2 quint2x4 bits1x8 bits2x4 bits4x2 bits8 bits16 float8_e4m3fn float8_e5m2 float8_e4m3fnuz
          float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 uint1 uint2 uint3 uint4 uint5 uint6 uint7 int1 int2 int3 int4 int5 int6 int7 memory_format
          contiguous_format channels_last channels_last_3d preserve_format layout strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc dtype
          per_tensor_affine per_tensor_symmetric per_channel_affine per_channel_symmetric per_channel_affine_float_qparams relu tanh sigmoid softmax
        torch._C: Size device dtype layout memory_format Generator
        torch._C._nn:: relu relu_ gelu silu mish elu selu celu leaky_relu softplus softsign tanh sigmoid hardtanh hardswish hardsigmoid relu6 softmax
          log_softmax logsigmoid glu
        torch._tensor: Tensor _rebuild_from_type _rebuild_from_type_v2
        torch._utils: _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state _rebuild_parameter_v2
          _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_nested_tensor _rebuild_meta_tensor_no_storage _rebuild_wrapper_subclass
          _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor _rebuild_xla_tensor _rebuild_mlc_tensor
        torch.ao.nn.intrinsic.modules.fused:: _FusedModule ConvReLU1d ConvReLU2d ConvReLU3d LinearReLU ConvBn1d ConvBn2d ConvBnReLU1d ConvBnReLU2d ConvBn3d
          ConvBnReLU3d BNReLU2d BNReLU3d LinearBn1d
        torch.ao.nn.qat.dynamic.modules.linear:: Linear
        torch.ao.nn.qat.modules.conv:: _ConvNd Conv1d Conv2d Conv3d
        torch.ao.nn.qat.modules.embedding_ops:: Embedding EmbeddingBag
        torch.ao.nn.qat.modules.linear:: Linear
        torch.ao.nn.quantizable.modules.activation:: MultiheadAttention
        torch.ao.nn.quantizable.modules.rnn:: LSTMCell _LSTMSingleLayer _LSTMLayer LSTM
        torch.ao.nn.quantized.dynamic.modules.conv:: Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
        torch.ao.nn.quantized.dynamic.modules.linear:: Linear
        torch.ao.nn.quantized.dynamic.modules.rnn:: PackedParameter RNNBase LSTM GRU RNNCellBase RNNCell LSTMCell GRUCell
        torch.ao.nn.quantized.modules:: Quantize DeQuantize
        torch.ao.nn.quantized.modules.activation:: ReLU6 Hardswish ELU LeakyReLU Sigmoid Softmax MultiheadAttention PReLU
        torch.ao.nn.quantized.modules.batchnorm:: _BatchNorm BatchNorm2d BatchNorm3d
        torch.ao.nn.quantized.modules.conv:: _ConvNd Conv1d Conv2d Conv3d _ConvTransposeNd ConvTranspose1d ConvTranspose2d ConvTranspose3d
        torch.ao.nn.quantized.modules.dropout:: Dropout
        torch.ao.nn.quantized.modules.embedding_ops:: EmbeddingPackedParams Embedding EmbeddingBag
        torch.ao.nn.quantized.modules.functional_modules:: FloatFunctional FXFloatFunctional QFunctional
        torch.ao.nn.quantized.modules.linear:: LinearPackedParams Linear
        torch.ao.nn.quantized.modules.normalization:: LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
        torch.ao.nn.quantized.modules.rnn:: LSTM
        torch.ao.nn.quantized.modules.utils:: WeightedQuantizedModule
        torch.ao.nn.quantized.reference.modules.conv:: _ConvNd Conv1d Conv2d Conv3d _ConvTransposeNd ConvTranspose1d ConvTranspose2d ConvTranspose3d
        torch.ao.nn.quantized.reference.modules.linear:: Linear
        torch.ao.nn.quantized.reference.modules.rnn:: RNNCellBase RNNCell LSTMCell GRUCell RNNBase LSTM
        torch.ao.nn.quantized.reference.modules.sparse:: Embedding EmbeddingBag
        torch.ao.nn.quantized.reference.modules.utils:: ReferenceQuantizedModule
        torch.ao.nn.sparse.quantized.dynamic.linear:: Linear
        torch.ao.nn.sparse.quantized.linear:: LinearPackedParams Linear
        torch.ao.nn.sparse.quantized.utils:: LinearBlockSparsePattern
        torch.ao.quantization.fake_quantize:: FakeQuantize FusedMovingAvgObsFakeQuantize FixedQParamsFakeQuantize
        torch.ao.quantization.observer:: MinMaxObserver MovingAverageMinMaxObserver PerChannelMinMaxObserver MovingAveragePerChannelMinMaxObserver
          HistogramObserver PlaceholderObserver NoopObserver FixedQParamsObserver
        torch.ao.quantization.qconfig:: QConfig QConfigDynamic
        torch.ao.quantization.stubs:: QuantStub DeQuantStub QuantWrapper
        torch.cuda: DoubleStorage FloatStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage
          ComplexFloatStorage ComplexDoubleStorage DoubleTensor FloatTensor HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
          BoolTensor
        torch.cuda.sparse: DoubleStorage FloatStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage
          ComplexFloatStorage ComplexDoubleStorage DoubleTensor FloatTensor HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
          BoolTensor
        torch.jit._pickle: build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id restore_type_tag
        torch.nn:: Module Parameter Linear Conv1d Conv2d Conv3d BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm ReLU GELU SiLU Tanh Sigmoid Softmax
          Dropout Dropout2d Flatten Identity Embedding LSTM GRU RNN Sequential ModuleList ModuleDict MaxPool2d AvgPool2d AdaptiveAvgPool2d MultiheadAttention
          CrossEntropyLoss MSELoss
        torch.nn.functional:: relu relu_ gelu silu mish elu selu celu leaky_relu softplus softsign tanh sigmoid hardtanh hardswish hardsigmoid relu6 softmax
          log_softmax logsigmoid glu cross_entropy mse_loss l1_loss nll_loss binary_cross_entropy binary_cross_entropy_with_logits smooth_l1_loss huber_loss
          normalize dropout interpolate pad
        torch.nn.intrinsic.qat.modules.conv_fused:: _ConvBnNd ConvBn1d ConvBnReLU1d ConvReLU1d ConvBn2d ConvBnReLU2d ConvReLU2d ConvBn3d ConvBnReLU3d
          ConvReLU3d
        torch.nn.intrinsic.qat.modules.linear_fused:: LinearBn1d
        torch.nn.intrinsic.qat.modules.linear_relu:: LinearReLU
        torch.nn.intrinsic.quantized.dynamic.modules.linear_relu:: LinearReLU
        torch.nn.intrinsic.quantized.modules.bn_relu:: BNReLU2d BNReLU3d
        torch.nn.intrinsic.quantized.modules.conv_relu:: ConvReLU1d ConvReLU2d ConvReLU3d
        torch.nn.intrinsic.quantized.modules.linear_relu:: LinearReLU
        torch.nn.modules.activation:: Threshold ReLU RReLU Hardtanh ReLU6 Sigmoid Hardsigmoid Tanh SiLU Mish Hardswish ELU CELU SELU GLU GELU Hardshrink
          LeakyReLU LogSigmoid Softplus Softshrink MultiheadAttention PReLU Softsign Tanhshrink Softmin Softmax Softmax2d LogSoftmax Swish
        torch.nn.modules.adaptive:: AdaptiveLogSoftmaxWithLoss
        torch.nn.modules.batchnorm:: _NormBase _BatchNorm _LazyNormBase BatchNorm1d LazyBatchNorm1d BatchNorm2d LazyBatchNorm2d BatchNorm3d LazyBatchNorm3d
          SyncBatchNorm
        torch.nn.modules.channelshuffle:: ChannelShuffle
        torch.nn.modules.container:: Container Sequential ModuleList ModuleDict ParameterList ParameterDict
        torch.nn.modules.conv:: _ConvNd Conv1d Conv2d Conv3d _ConvTransposeNd ConvTranspose1d ConvTranspose2d ConvTranspose3d _ConvTransposeMixin
          _LazyConvXdMixin LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        torch.nn.modules.distance:: PairwiseDistance CosineSimilarity
        torch.nn.modules.dropout:: _DropoutNd Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout
        torch.nn.modules.flatten:: Flatten Unflatten
        torch.nn.modules.fold:: Fold Unfold
        torch.nn.modules.instancenorm:: _InstanceNorm InstanceNorm1d LazyInstanceNorm1d InstanceNorm2d LazyInstanceNorm2d InstanceNorm3d LazyInstanceNorm3d
        torch.nn.modules.lazy:: _LazyProtocol LazyModuleMixin
        torch.nn.modules.linear:: Identity Linear NonDynamicallyQuantizableLinear Bilinear LazyLinear
        torch.nn.modules.loss:: _Loss _WeightedLoss L1Loss NLLLoss NLLLoss2d PoissonNLLLoss GaussianNLLLoss KLDivLoss MSELoss BCELoss BCEWithLogitsLoss
          HingeEmbeddingLoss MultiLabelMarginLoss SmoothL1Loss HuberLoss SoftMarginLoss CrossEntropyLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss
          MarginRankingLoss MultiMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss CTCLoss
        torch.nn.modules.module:: _IncompatibleKeys _WrappedHook Module
        torch.nn.modules.normalization:: LocalResponseNorm CrossMapLRN2d LayerNorm GroupNorm RMSNorm
        torch.nn.modules.padding:: _ConstantPadNd ConstantPad1d ConstantPad2d ConstantPad3d _ReflectionPadNd ReflectionPad1d ReflectionPad2d ReflectionPad3d
          _ReplicationPadNd ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad2d ZeroPad1d ZeroPad3d CircularPad1d CircularPad2d CircularPad3d
        torch.nn.modules.pixelshuffle:: PixelShuffle PixelUnshuffle
        torch.nn.modules.pooling:: _MaxPoolNd MaxPool1d MaxPool2d MaxPool3d _MaxUnpoolNd MaxUnpool1d MaxUnpool2d MaxUnpool3d _AvgPoolNd AvgPool1d AvgPool2d
          AvgPool3d FractionalMaxPool2d FractionalMaxPool3d _LPPoolNd LPPool1d LPPool2d _AdaptiveMaxPoolNd AdaptiveMaxPool1d AdaptiveMaxPool2d
          AdaptiveMaxPool3d _AdaptiveAvgPoolNd AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d
        torch.nn.modules.rmsnorm:: RMSNorm
        torch.nn.modules.rnn:: RNNBase RNN LSTM GRU RNNCellBase RNNCell LSTMCell GRUCell
        torch.nn.modules.sparse:: Embedding EmbeddingBag
        torch.nn.modules.transformer:: Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer
        torch.nn.modules.upsampling:: Upsample UpsamplingNearest2d UpsamplingBilinear2d
        torch.nn.parallel.data_parallel:: DataParallel
        torch.nn.parameter: _ParameterMeta Parameter UninitializedTensorMixin UninitializedParameter UninitializedBuffer Buffer
        torch.nn.quantized.dynamic.modules.linear:: Linear
        torch.nn.quantized.dynamic.modules.rnn:: LSTM GRU PackedParameter
        torch.nn.quantized.modules:: Quantize DeQuantize
        torch.nn.quantized.modules.conv:: Conv1d Conv2d Conv3d
        torch.nn.quantized.modules.linear:: Linear LinearPackedParams
        torch.nn.utils.parametrizations:: _OrthMaps _Orthogonal _SpectralNorm _WeightNorm
        torch.nn.utils.parametrize:: ParametrizationList
        torch.nn.utils.spectral_norm:: SpectralNorm SpectralNormLoadStateDictPreHook SpectralNormStateDictHook
        torch.nn.utils.weight_norm:: WeightNorm
        torch.optim:: Adam AdamW SGD RMSprop Adagrad Adadelta Adamax NAdam RAdam ASGD LBFGS Rprop Optimizer
        torch.optim.adadelta:: Adadelta
        torch.optim.adagrad:: Adagrad
        torch.optim.adam:: Adam
        torch.optim.adamax:: Adamax
        torch.optim.adamw:: AdamW
        torch.optim.asgd:: ASGD
        torch.optim.lbfgs:: LBFGS
        torch.optim.lr_scheduler:: _LRScheduler LambdaLR MultiplicativeLR StepLR MultiStepLR ConstantLR LinearLR ExponentialLR SequentialLR PolynomialLR
          CosineAnnealingLR ChainedScheduler ReduceLROnPlateau CyclicLR CosineAnnealingWarmRestarts OneCycleLR LRScheduler
        torch.optim.nadam:: NAdam
        torch.optim.optimizer:: Optimizer
        torch.optim.radam:: RAdam
        torch.optim.rmsprop:: RMSprop
        torch.optim.rprop:: Rprop
        torch.optim.sgd:: SGD
        torch.optim.sparse_adam:: SparseAdam
        torch.optim.swa_utils:: AveragedModel SWALR
        torch.quantization.fake_quantize:: FakeQuantize FusedMovingAvgObsFakeQuantize FixedQParamsFakeQuantize
        torch.quantization.observer:: MinMaxObserver MovingAverageMinMaxObserver PerChannelMinMaxObserver MovingAveragePerChannelMinMaxObserver
          HistogramObserver PlaceholderObserver NoopObserver FixedQParamsObserver
        torch.quantization.qconfig:: QConfig QConfigDynamic
        torch.quantization.stubs:: QuantStub DeQuantStub QuantWrapper
        torch.serialization: _get_layout
        torch.sparse: DoubleStorage FloatStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage
          ComplexFloatStorage ComplexDoubleStorage DoubleTensor FloatTensor HalfTensor BFloat16Tensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
          BoolTensor
        torch.storage: UntypedStorage TypedStorage _UntypedStorage _TypedStorage
        torch.tensor: Tensor
        torch.utils.data.dataset:: TensorDataset Subset ConcatDataset
        """;
}
