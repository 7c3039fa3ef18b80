import type { LanguagePhrases } from '../language.js';

export const CHINESE: LanguagePhrases = {
  hello: ['您好，', '你好！', '客服您好：'],
  regards: ['谢谢！', '此致敬礼', '祝好，'],
  deskHello: '{customer}，您好：',
  deskRegards: '祝好\n{agent}\nBeispielkontor 客户服务',
  thanks: ['太好了，非常感谢！', '问题已经解决，谢谢你们的帮助。'],
  again: ['很遗憾，问题又出现了，和之前一模一样。'],
  colleague: ['{customer}休假期间由我跟进此事，请抄送给我。'],
  merged: '此事与 {original} 相同，两张工单已合并，请在那里继续。',
  products: ['“Fell 40”登山包', '“Tarn”双人帐篷', '“Ridge”头灯', '“Moor”雨衣'],
  topics: {
    order: {
      subjects: ['尺码选错了', '取消订单 {order}'],
      opening: [
        '我今天订了{product}（订单 {order}），尺码选错了，还能改吗？',
        '请取消订单 {order}，我不小心下了两次单。',
      ],
      question: ['请问需要什么尺码？', '请确认是否取消订单 {order}。'],
      followUp: ['L 码，请寄到{address}。', '是的，就是这一单。'],
      solution: ['订单 {order} 已修改，确认信已发送到 {email}。', '订单 {order} 已取消，不会扣款。'],
    },
    delivery: {
      subjects: ['订单 {order} 没有收到', '我的包裹在哪里？'],
      opening: [
        '运单 {tracking} 从{date}起一直没有更新，什么时候能到？',
        '快递员说已经送达，但{address}没有人收到。',
      ],
      question: ['请问地址{address}是否正确？可以打 {phone} 联系您吗？'],
      followUp: ['地址正确，请下午四点以后打 {phone}。'],
      solution: ['包裹已经找到，明天送达。抱歉久等了。', '包裹已丢失，我们今天免费补寄了{product}。'],
    },
    refund: {
      subjects: ['还没有收到退款', '订单 {order} 退款'],
      opening: [
        '我在{date}退回了{product}，还没有收到 {amount}。我的账号是 {iban}。',
        '请退还订单 {order} 的 {amount}。',
      ],
      question: ['谢谢，请提供退货凭证。', '请问 {amount} 应退到哪个账户？'],
      followUp: ['凭证见附件。', '请退到 {iban}，户名{customer}。'],
      solution: ['{amount} 今天已经退回。', '附上发票 {invoice} 的贷记单，金额 {amount}。'],
    },
    billing: {
      subjects: ['发票抬头', '重复扣款'],
      opening: [
        '我们财务需要重新开具发票 {invoice}，抬头{company}，地址{address}。',
        '订单 {order} 被扣了两次 {amount}。',
      ],
      question: ['正在与财务核对，请问发票上应写哪个地址？', '请问第二次扣款是哪一天？'],
      followUp: ['请写{company}，{address}。', '第二次扣款是{date}。'],
      solution: ['附上更正后的发票 {invoice}。', '其中一笔 {amount} 已退回，非常抱歉。'],
    },
    warranty: {
      subjects: ['{product}坏了'],
      opening: ['订单 {order} 的{product}第二次使用就坏了，照片见附件。'],
      question: ['您希望维修还是换新？请附上标签照片。'],
      followUp: ['照片在这里，希望换新。'],
      solution: ['新品已寄出，运单号 {tracking}。'],
    },
    account: {
      subjects: ['无法登录', '修改资料'],
      opening: [
        '我无法用 {email} 登录，一直收不到重置邮件。',
        '我们搬家了，新地址是{address}，电话 {phone}。',
      ],
      question: ['为了安全，请告知您的客户编号。'],
      followUp: ['我的客户编号是 {number}。'],
      solution: ['您的账户已恢复，请设置新密码。', '资料已更新，谢谢。'],
    },
    complaint: {
      subjects: ['这是我第三次写信'],
      opening: ['这是我第三次就订单 {order} 写信，我的电话是 {phone}，却没有人回电。'],
      question: ['非常抱歉，今天可以打 {phone} 给您吗？'],
      followUp: ['可以，五点以后。我上周还在住院。'],
      solution: ['感谢您的来电，按约定退还 {amount}。'],
    },
  },
};
