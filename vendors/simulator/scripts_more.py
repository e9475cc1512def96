"""More scripts of the voice robot: a debt reminder, a survey, and a line that takes calls."""

from vendors.simulator.scripts import COUPON, DELIVERY, SURNAMES, Node, Reply, Script

DEBT = Script(
    robot_id="2745003",
    name="还款提醒",
    columns=("客户手机号码", "客户称呼", "应还金额", "还款日"),
    row=(
        SURNAMES,
        ("八百六十元", "一千二百五十元", "三千元", "四百三十元"),
        ("本月十五日", "本月二十日", "本月二十五日"),
    ),
    nodes={
        "open": Node(
            "身份核实",
            "NormalNode",
            "您好，请问是{1}本人吗？",
            (
                Reply("我是。", "本人", "remind"),
                Reply("嗯，是我，怎么了？", "本人", "remind"),
                Reply("我是他家里人。", "非本人", "family"),
                Reply("不认识这个人。", "否定", "unknown"),
            ),
        ),
        "remind": Node(
            "还款提醒",
            "NormalNode",
            "这里是安信分期，您有一笔{2}的账单要在{3}前还清，您看方便按时还上吗？",
            (
                Reply("可以，明天发了工资就还。", "承诺还款", "thanks"),
                Reply("我已经还过了。", "已还款", "paid"),
                Reply("手头有点紧，能晚几天吗？", "协商延期", "extend"),
                Reply("逾期会怎么样？", "询问后果", "overdue"),
            ),
        ),
        "overdue": Node(
            "逾期说明",
            "AnyNode",
            "超过{3}会产生滞纳金，也可能影响您的信用记录，建议您提前还上。",
            (
                Reply("知道了，我会还的。", "承诺还款", "thanks"),
                Reply("那我先还一部分行不行？", "协商延期", "extend"),
            ),
        ),
        "extend": Node(
            "转接客服",
            "HookInfoNode",
            "可以为您登记，稍后由专员和您商量还款办法，您看下午方便接电话吗？",
            (
                Reply("下午可以。", "肯定", "agreed"),
                Reply("晚上六点以后吧。", "时间", "agreed"),
            ),
        ),
        "thanks": Node(
            "感谢结束",
            "EndNode",
            "谢谢您的配合，请以账单金额为准，再见。",
            tag="A",
            tag_meaning="承诺还款",
        ),
        "paid": Node(
            "已还核对",
            "EndNode",
            "好的，到账会有一两天延迟，我们核对后不再提醒您，再见。",
            tag="B",
            tag_meaning="自称已还",
        ),
        "agreed": Node(
            "预约专员",
            "EndNode",
            "好的，已经为您预约，请保持电话畅通，再见。",
            tag="C",
            tag_meaning="希望延期",
        ),
        "family": Node(
            "请人转告",
            "EndNode",
            "麻烦您转告本人回电客服，谢谢，再见。",
            tag="D",
            tag_meaning="非本人接听",
        ),
        "unknown": Node(
            "号码有误",
            "EndNode",
            "抱歉打扰了，我们会更正号码，再见。",
            tag="E",
            tag_meaning="号码有误",
        ),
    },
)

SURVEY = Script(
    robot_id="2745004",
    name="满意度回访",
    columns=("客户手机号码", "客户称呼", "服务项目"),
    row=(SURNAMES, ("空调清洗", "宽带安装", "热水器维修", "油烟机保养")),
    nodes={
        "open": Node(
            "开场说明",
            "NoNeedAnswerNode",
            "{1}您好，这里是邻里到家服务中心，想就前两天的{2}做个一分钟的回访。",
            leads_to="score",
        ),
        "score": Node(
            "满意度按键",
            "KeyNavigationNode",
            "满意请按一，一般请按二，不满意请按三。",
            (
                Reply("1", "按键1", "good"),
                Reply("1", "按键1", "good"),
                Reply("2", "按键2", "why"),
                Reply("3", "按键3", "why"),
            ),
        ),
        "why": Node(
            "询问原因",
            "CollectInputNode",
            "方便说说哪里让您不满意吗？",
            (
                Reply("师傅来晚了一个多小时。", "不准时", "callback"),
                Reply("收的钱和之前说的不一样。", "收费问题", "callback"),
                Reply("没什么，就一般吧。", "无所谓", "end"),
                Reply("修完第二天又坏了。", "质量问题", "callback"),
            ),
        ),
        "callback": Node(
            "预约回电",
            "ConditionNode",
            "很抱歉给您添麻烦了。需要负责人回电请按一，不需要请按二。",
            (
                Reply("1", "按键1", "promised"),
                Reply("2", "按键2", "end"),
            ),
        ),
        "good": Node(
            "满意结束",
            "EndNode",
            "谢谢您的肯定，祝您生活愉快，再见。",
            tag="A",
            tag_meaning="满意",
        ),
        "promised": Node(
            "承诺回电",
            "EndNode",
            "好的，负责人会在一个工作日内给您回电，再见。",
            tag="C",
            tag_meaning="不满意，要求回电",
        ),
        "end": Node(
            "普通结束",
            "EndNode",
            "感谢您的意见，我们会继续改进，再见。",
            tag="B",
            tag_meaning="一般",
        ),
    },
)

HOTLINE = Script(
    robot_id="2745010",
    name="订单查询热线",
    columns=("客户手机号码", "订单状态"),
    row=(("已经出库，明天送达", "正在配货，预计后天发出", "已经签收，签收人是门卫"),),
    nodes={
        "open": Node(
            "欢迎语",
            "NormalNode",
            "您好，这里是山海家居热线，请问有什么可以帮您？",
            (
                Reply("我想问问我的订单到哪了。", "查询订单", "number"),
                Reply("查一下快递。", "查询订单", "number"),
                Reply("给我转人工。", "转人工", "agent"),
            ),
        ),
        "number": Node(
            "收集订单号",
            "CollectInputNode",
            "请说出或输入订单号的后四位。",
            (
                Reply("3051", "数字", "found"),
                Reply("后四位是七六二零。", "数字", "found"),
            ),
        ),
        "found": Node(
            "播报状态",
            "HookInfoNode",
            "查到了，您的订单{1}。还需要别的帮助吗？",
            (
                Reply("没有了，谢谢。", "否定", "bye"),
                Reply("我要投诉，转人工。", "转人工", "agent"),
            ),
        ),
        "agent": Node(
            "转接人工",
            "EndNode",
            "好的，正在为您转接人工客服，请稍等。",
            tag="B",
            tag_meaning="转人工",
        ),
        "bye": Node(
            "结束语",
            "EndNode",
            "感谢来电，再见。",
            tag="A",
            tag_meaning="自助解决",
        ),
    },
)

OUTBOUND = (DELIVERY, COUPON, DEBT, SURVEY)
